"""The ASGI application: GraphQL, GraphiQL and health."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from strawberry.schema.exceptions import InvalidOperationTypeError

from api import graphiql
from api.http import JSON, RESPONSE_JSON, HttpError, answer, negotiate, parse, wants_page
from api.service import Service
from api.settings import Settings
from graph.errors import DomainError, StoreUnavailable, TimedOut

ANONYMOUS = "anonymous"
"""The actor of requests, as long as there is no authentication."""

STATUS = {StoreUnavailable.code: 503, TimedOut.code: 504}


def build_app(settings: Settings) -> Starlette:
    """The application; it opens the store when it starts and closes it when it stops."""
    service = Service(settings)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with service:
            yield

    async def endpoint(request: Request) -> Response:
        if settings.serves_graphiql and wants_page(request):
            return graphiql.page()
        return await respond(service, request)

    async def ready(_request: Request) -> Response:
        try:
            await service.store.ready()
        except StoreUnavailable as error:
            return PlainTextResponse(f"{error}\n", 503)
        return PlainTextResponse("ready\n")

    async def alive(_request: Request) -> Response:
        return PlainTextResponse("alive\n")

    every_method = ["GET", "POST", "PUT", "PATCH", "DELETE"]  # so that 405 is answered as JSON
    routes = [
        Route("/graphql", endpoint, methods=every_method),
        Route("/health", alive),
        Route("/health/ready", ready),
        *(graphiql.routes() if settings.serves_graphiql else []),
    ]
    app = Starlette(routes=routes, lifespan=lifespan)
    app.state.service = service
    return app


async def respond(service: Service, request: Request) -> Response:
    """Answers one GraphQL request."""
    media = JSON
    try:
        media = negotiate(request.headers.get("accept"))
        asked = await parse(request, service.settings.max_body_bytes)
        found = await service.execute(
            asked.query,
            asked.variables,
            asked.operation,
            actor=ANONYMOUS,
            read_only=asked.read_only,
        )
    except HttpError as error:
        return _refusal(str(error), "BAD_INPUT", media, error.status, error.headers)
    except InvalidOperationTypeError:
        message = "GET runs queries only; send mutations by POST"
        return _refusal(message, "BAD_INPUT", media, 405, {"Allow": "POST"})
    except DomainError as error:
        return _refusal(str(error), error.code, media, STATUS.get(error.code, 400))
    # the specification: a request that never ran is 400, but 200 for clients of plain JSON
    ran = "data" in found
    return answer(found, media, 200 if ran or media != RESPONSE_JSON else 400)


def _refusal(
    message: str, code: str, media: str, status: int, headers: dict[str, str] | None = None
) -> Response:
    document = {"errors": [{"message": message, "extensions": {"code": code}}]}
    return answer(document, media, status, headers)
