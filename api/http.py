"""GraphQL over HTTP: requests in, answers out (https://graphql.github.io/graphql-over-http/)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

JSON = "application/json"
RESPONSE_JSON = "application/graphql-response+json"
HTML = "text/html"


class HttpError(Exception):
    """A request that is refused before GraphQL sees it.

    Attributes:
        status: the HTTP status.
        headers: what the answer must carry besides.
    """

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """One operation as a client sent it.

    Attributes:
        query: the document's text.
        variables: values of its variables.
        operation: the operation to run where the document has several.
        read_only: whether only queries may run (GET).
    """

    query: str
    variables: dict[str, Any] | None
    operation: str | None
    read_only: bool


def negotiate(accept: str | None) -> str:
    """The media type to answer with: the first of ours that the client takes, best quality first.

    Args:
        accept: the Accept header; absent means anything.

    Raises:
        HttpError: 406, the client takes none of ours.
    """
    if not accept or not accept.strip():
        return JSON
    best, best_quality = None, 0.0
    for part in accept.split(","):
        name, *parameters = (p.strip().lower() for p in part.split(";"))
        quality = _quality(parameters)
        matching = {RESPONSE_JSON: RESPONSE_JSON, JSON: JSON, "application/*": RESPONSE_JSON}
        found = matching.get(name, RESPONSE_JSON if name == "*/*" else None)
        if found is not None and quality > best_quality:
            best, best_quality = found, quality
    if best is None:
        raise HttpError(406, f"answers are {RESPONSE_JSON} or {JSON}; name one in Accept")
    return best


def wants_page(request: Request) -> bool:
    """Whether a browser asks for a page rather than a program for an answer."""
    return (
        request.method == "GET"
        and "query" not in request.query_params
        and HTML in request.headers.get("accept", "")
    )


async def parse(request: Request, largest: int) -> GraphQLRequest:
    """The operation in a request.

    Args:
        request: GET with `query`, `variables`, `operationName`, or POST with a JSON object of them.
        largest: most bytes of a body.

    Raises:
        HttpError: 400, 405, 413 or 415, with what is wrong and how to mend it.
    """
    if request.method == "GET":
        return _from_parameters(request)
    if request.method != "POST":
        raise HttpError(405, "use POST, or GET for queries", {"Allow": "GET, POST"})
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != JSON:
        raise HttpError(415, f"the body is {media or 'of no named type'}; send {JSON}")
    try:
        document = orjson.loads(await _body(request, largest))
    except orjson.JSONDecodeError as error:
        raise HttpError(400, f"the body is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise HttpError(400, 'the body must be a JSON object such as {"query": "{ __typename }"}')
    return _checked(
        document.get("query"),
        document.get("variables"),
        document.get("operationName"),
        read_only=False,
    )


def answer(
    document: Mapping[str, Any], media: str, status: int, headers: Mapping[str, str] | None = None
) -> Response:
    """An answer in the negotiated media type."""
    body = orjson.dumps(document)
    return Response(body, status, headers, media_type=f"{media}; charset=utf-8")


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0


def _from_parameters(request: Request) -> GraphQLRequest:
    given = request.query_params
    variables: object = None
    if given.get("variables"):
        try:
            variables = orjson.loads(given["variables"])
        except orjson.JSONDecodeError as error:
            raise HttpError(400, f"`variables` is not JSON: {error}") from error
    return _checked(given.get("query"), variables, given.get("operationName"), read_only=True)


def _checked(
    query: object, variables: object, operation: object, *, read_only: bool
) -> GraphQLRequest:
    if not isinstance(query, str) or not query.strip():
        raise HttpError(400, "`query` is missing; it is the text of a GraphQL document")
    if variables is not None and not isinstance(variables, dict):
        raise HttpError(400, "`variables` must be a JSON object, from name to value")
    if operation is not None and not isinstance(operation, str):
        raise HttpError(400, "`operationName` must be text")
    return GraphQLRequest(query, variables, operation or None, read_only)


async def _body(request: Request, largest: int) -> bytes:
    refusal = HttpError(
        413, f"the body is larger than {largest:,} bytes; send less at once (RENMAI_MAX_BODY_BYTES)"
    )
    length = request.headers.get("content-length", "0")
    if length.isdecimal() and int(length) > largest:
        raise refusal
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > largest:
            raise refusal
        chunks.append(chunk)
    return b"".join(chunks)
