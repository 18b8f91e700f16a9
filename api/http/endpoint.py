"""A request in, an answer out."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any, NamedTuple, Protocol

import orjson
from graphql import GraphQLError
from starlette.types import ASGIApp, Receive, Scope, Send
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.types.graphql import OperationType

from api.http.events import Streaming, send_events
from api.http.media import (
    EVENTS,
    HTML,
    JSON,
    PARTS,
    RESPONSE_JSON,
    HttpError,
    negotiate,
    takes_events,
    takes_parts,
    takes_whole,
)
from api.http.parts import send_parts
from api.http.presence import ClientGone, while_present
from api.http.requests import GraphQLRequest, Headers, asks_query, headers_of, parse
from api.http.writing import GONE, WHOLE
from graph.errors import BadInput, DomainError, StoreUnavailable, TimedOut
from schema.errors import public_error
from schema.execution.documents import PersistedQueryNotFound

STATUS = {StoreUnavailable.code: 503, TimedOut.code: 504}

_AS_EVENTS = (
    f"a subscription is answered by events; send Accept: {EVENTS}, or open a WebSocket with the "
    "protocol graphql-transport-ws"
)

METHODS = {"Allow": "GET, HEAD, POST, OPTIONS"}

_TYPES = {
    media: (b"content-type", f"{media}; charset=utf-8".encode()) for media in (JSON, RESPONSE_JSON)
}
_VARY = (b"vary", b"accept")

Document = dict[str, Any]
"""An answer, or a part of one, as it is sent."""

Execute = Callable[[GraphQLRequest], Awaitable[Document]]
"""Runs an operation and gives its answer."""

Deliver = Callable[[GraphQLRequest], Awaitable[Document | AsyncGenerator[Document]]]
"""The same, in parts where the operation asks for them."""


class Observer(Protocol):
    """Is told of each request once it is done."""

    def __call__(self, status: int, seconds: float) -> None:
        """One request, its status and how long it took."""


class Answer(NamedTuple):
    """What is sent.

    Attributes:
        status: the HTTP status.
        body: the JSON, or the parts of an answer.
        media: its media type.
        headers: what stands beside it.
    """

    status: int
    body: bytes | AsyncGenerator[Document]
    media: str
    headers: Mapping[str, str]


class Endpoint:
    """The ASGI application that answers GraphQL.

    Args:
        execute: runs an operation.
        deliver: the same for clients that take parts; without it all answers come whole.
        streaming: the same for clients that take events; without it there are no subscriptions.
        largest: most bytes of a request's body.
        page: answers browsers that ask for a page; without it they are refused as others are.
        observe: is told of each request.
    """

    def __init__(
        self,
        execute: Execute,
        *,
        deliver: Deliver | None = None,
        streaming: Streaming | None = None,
        largest: int,
        page: ASGIApp | None = None,
        observe: Observer | None = None,
    ) -> None:
        self._execute = execute
        self._deliver = deliver
        self._streaming = streaming
        self._largest = largest
        self._page = page
        self._observe = observe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        start = time.perf_counter()
        headers = headers_of(scope["headers"])
        if self._page is not None and _wants_page(scope, headers):
            await self._page(scope, receive, send)
            return
        try:
            answer = await self._answer(scope, headers, receive)
        except ClientGone:
            status = GONE
        else:
            status = answer.status
            if isinstance(answer.body, bytes):
                await _send(answer, answer.body, scope, send)
            elif answer.media == EVENTS:
                assert self._streaming is not None
                await send_events(answer.body, self._streaming, scope, receive, send)
                return  # how long it lasted says nothing about requests
            else:
                status = await send_parts(
                    answer.body,
                    self._streaming.stall_s if self._streaming else None,
                    scope,
                    receive,
                    send,
                )
        if self._observe is not None:
            self._observe(status, time.perf_counter() - start)

    async def _answer(self, scope: Scope, headers: Headers, receive: Receive) -> Answer:
        if scope["method"] == "OPTIONS":
            return Answer(204, b"", JSON, METHODS)
        media = JSON
        try:
            accept = headers.get(b"accept", b"").decode("latin-1")
            events = (
                self._streaming is not None and takes_events(accept) and scope["method"] != "HEAD"
            )
            if not events or takes_whole(accept):
                media = negotiate(accept)
            asked = await parse(scope, headers, receive, self._largest)
            if events:
                assert self._streaming is not None
                if not takes_whole(accept) or await self._streaming.asks(asked):
                    return Answer(200, self._streaming.stream(asked), EVENTS, {})
            if self._deliver is not None and takes_parts(accept):
                found = await while_present(receive, self._deliver(asked))
                if not isinstance(found, dict):
                    return Answer(200, found, PARTS, {})
            else:
                found = await while_present(receive, self._execute(asked))
            # the specification: a request that never ran is 400, but 200 for clients of plain JSON
            ran = "data" in found
            status = 200 if ran or media != RESPONSE_JSON else 400
            return Answer(status, orjson.dumps(found), media, {})
        except HttpError as error:
            return _refusal(str(error), BadInput.code, media, error.status, error.headers)
        except InvalidOperationTypeError as error:
            if error.operation_type is OperationType.SUBSCRIPTION:
                return _refusal(_AS_EVENTS, BadInput.code, media, 406)
            message = "GET runs queries only; send mutations by POST"
            return _refusal(message, BadInput.code, media, 405, {"Allow": "POST"})
        except PersistedQueryNotFound as error:  # what clients of plain JSON expect is no failure
            status = 400 if media == RESPONSE_JSON else 200
            return _refusal(str(error), error.code, media, status)
        except DomainError as error:
            return _refusal(str(error), error.code, media, STATUS.get(error.code, 400))
        except ClientGone:
            raise
        except Exception as error:
            told = public_error(GraphQLError(str(error), original_error=error))
            return Answer(500, orjson.dumps({"errors": [told.formatted]}), media, {})


def _wants_page(scope: Scope, headers: Headers) -> bool:
    """Whether a browser asks for a page rather than a program for an answer."""
    return (
        scope["method"] in ("GET", "HEAD")
        and HTML.encode() in headers.get(b"accept", b"")
        and not asks_query(scope["query_string"])
    )


def _refusal(
    message: str, code: str, media: str, status: int, headers: Mapping[str, str] | None = None
) -> Answer:
    document = {"errors": [{"message": message, "extensions": {"code": code}}]}
    return Answer(status, orjson.dumps(document), media, headers or {})


async def _send(answer: Answer, body: bytes, scope: Scope, send: Send) -> None:
    status, _, media, more = answer
    headers = [(name.lower().encode(), value.encode()) for name, value in more.items()]
    if status != 204:
        headers += (_TYPES[media], (b"content-length", b"%d" % len(body)), _VARY)
    if scope["method"] == "HEAD":
        body = b""
    whole = scope.get(WHOLE)
    if whole is not None:
        await whole(status, headers, body)
        return
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
