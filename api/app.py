"""The ASGI application: GraphQL, GraphiQL, health and metrics."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from api import graphiql
from api.delivering import deliver
from api.http import Endpoint, GraphQLRequest, Rules, Sockets
from api.metrics import Metrics
from api.service import Service
from api.settings import Settings
from api.subscribing import Subscriptions
from graph.errors import StoreUnavailable

ANONYMOUS = "anonymous"
"""The actor of requests, as long as there is no authentication."""

GRAPHQL = "/graphql"


class Application(Starlette):
    """Starlette's application, with GraphQL in front of its router and middleware.

    They cost some 20 microseconds a request, and GraphQL needs none of them. The router knows the
    endpoint too, for requests whose path begins with a proxy's prefix.
    """

    endpoint: Endpoint
    sockets: Sockets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, or runs the lifespan."""
        if scope["type"] == "http" and scope["path"] == GRAPHQL:
            await self.endpoint(scope, receive, send)
        elif scope["type"] == "websocket" and scope["path"] == GRAPHQL:
            await self.sockets(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def build_app(settings: Settings, *, started: Callable[[], None] | None = None) -> Application:
    """The application; it opens the store when it starts and closes it when it stops.

    Args:
        settings: the settings.
        started: called once all is loaded, before the first request.
    """
    service = Service(settings)
    subscriptions = Subscriptions(service, ANONYMOUS)
    executor, streams = service.schema.executor, subscriptions.streams
    metrics = Metrics(executor, streams) if settings.metrics else None
    endpoint = Endpoint(
        _executing(service),
        deliver=lambda asked: deliver(service, asked, ANONYMOUS),
        streaming=subscriptions,
        largest=settings.max_body_bytes,
        page=graphiql.page() if settings.serves_graphiql else None,
        observe=metrics.request if metrics else None,
    )

    sockets = Sockets(subscriptions, _rules(settings))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with service:
            if started is not None:
                started()
            with _metrics_apart(metrics, settings):
                yield

    async def ready(_request: Request) -> Response:
        try:
            await service.store.ready()
        except StoreUnavailable as error:
            return PlainTextResponse(f"{error}\n", 503)
        return PlainTextResponse("ready\n")

    async def alive(_request: Request) -> Response:
        return PlainTextResponse("alive\n")

    routes = [
        Route(GRAPHQL, endpoint),
        WebSocketRoute(GRAPHQL, sockets),
        Route("/health", alive),
        Route("/health/ready", ready),
        *([Route("/metrics", metrics.page)] if metrics and not settings.metrics_port else []),
        *(graphiql.routes() if settings.serves_graphiql else []),
    ]
    app = Application(routes=routes, lifespan=lifespan)
    app.endpoint, app.sockets = endpoint, sockets
    app.state.service = service
    app.state.metrics = metrics
    return app


def _rules(settings: Settings) -> Rules:
    origins = (origin.strip().lower() for origin in settings.socket_origins.split(","))
    return Rules(
        largest=settings.max_body_bytes,
        most=settings.max_operations_per_socket,
        origins=frozenset(filter(None, origins)),
    )


def _metrics_apart(metrics: Metrics | None, settings: Settings) -> AbstractContextManager[object]:
    """Serves the metrics on a port of their own, where one is set."""
    if metrics is None or settings.metrics_port is None:
        return nullcontext()
    return metrics.served(settings.host, settings.metrics_port, settings.workers)


def _executing(service: Service) -> Callable[[GraphQLRequest], Any]:
    def execute(asked: GraphQLRequest) -> Any:
        return service.execute(
            service.text(asked.query, asked.sha256),
            asked.variables,
            asked.operation,
            actor=ANONYMOUS,
            read_only=asked.read_only,
            at_least=asked.at_least,
            fragments=True,
        )

    return execute
