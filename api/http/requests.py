"""The operation in a request, with what is wrong and how to mend it where there is none."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.types import Message, Receive, Scope

from api.http.media import JSON, HttpError
from api.http.presence import ClientGone

MOST_PARAMETERS = 100
"""Most parameters of a GET request; ours are four."""

_SHA256 = re.compile("[0-9a-fA-F]{64}")
_NUMBER = re.compile("[0-9]{1,19}")

Headers = Mapping[bytes, bytes]
"""A request's headers by their names in lower case."""


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """One operation as a client sent it.

    Attributes:
        query: the document's text; empty where only its hash came.
        variables: values of its variables.
        operation: the operation to run where the document has several.
        read_only: whether only queries may run (GET).
        sha256: the text's hash, where the client named it (automatic persisted queries).
        at_least: a version of the tenant that the answer must take into account; 0 = any.
    """

    query: str
    variables: dict[str, Any] | None
    operation: str | None
    read_only: bool
    sha256: str | None = None
    at_least: int = 0


def headers_of(given: Sequence[tuple[bytes, bytes]]) -> Headers:
    """The headers by name; the values of one that stands several times, joined by commas."""
    found = dict(given)
    if len(found) < len(given):
        found = {}
        for name, value in given:
            found[name] = b"%s, %s" % (found[name], value) if name in found else value
    return found


async def parse(scope: Scope, headers: Headers, receive: Receive, largest: int) -> GraphQLRequest:
    """The operation in a request.

    Args:
        scope: GET or HEAD with `query`, `variables`, `operationName`, `extensions`, or POST with
            a JSON object of them.
        headers: its headers.
        receive: gives the body.
        largest: most bytes of a body, or of a query string.

    Raises:
        ClientGone: the client left before all of it came.
        HttpError: 400, 405, 413, 414 or 415.
    """
    method = scope["method"]
    if method == "POST":
        _expect_json(headers)
        return _from_body(await _body(headers, receive, largest))
    if method in ("GET", "HEAD"):
        return _from_parameters(scope["query_string"], largest)
    raise HttpError(405, "use POST, or GET for queries", {"Allow": "GET, HEAD, POST, OPTIONS"})


def asks_query(query_string: bytes) -> bool:
    """Whether a query string names a query, right or wrong."""
    names = (part.partition(b"=")[0] for part in query_string.split(b"&"))
    return any(name in (b"query", b"extensions") for name in names)


def _expect_json(headers: Headers) -> None:
    given = headers.get(b"content-type", b"").decode("latin-1")
    if given != JSON:
        media, *parameters = (part.strip().lower() for part in given.split(";"))
        if media != JSON:
            raise HttpError(415, f"the body is {media or 'of no named type'}; send {JSON}")
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name == "charset" and value.strip('"') not in ("utf-8", "utf8"):
                raise HttpError(415, f"the body's characters are {value}; send utf-8")
    coding = headers.get(b"content-encoding", b"identity").decode("latin-1").strip().lower()
    if coding != "identity":
        raise HttpError(
            415,
            f"the body is compressed ({coding}); send it as it is, without Content-Encoding",
            {"Accept-Encoding": "identity"},
        )


async def _body(headers: Headers, receive: Receive, largest: int) -> bytes:
    length = headers.get(b"content-length", b"0")
    if length.isdigit() and (len(length) > 18 or int(length) > largest):
        raise _too_large(largest)
    message = await _next(receive)
    if not message.get("more_body"):
        chunk: bytes = message.get("body", b"")
        if len(chunk) > largest:
            raise _too_large(largest)
        return chunk
    chunks, size = [], 0
    while True:
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > largest:
            raise _too_large(largest)
        chunks.append(chunk)
        if not message.get("more_body"):
            return b"".join(chunks)
        message = await _next(receive)


async def _next(receive: Receive) -> Message:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGone
    return message


def _too_large(largest: int) -> HttpError:
    return HttpError(
        413, f"the body is larger than {largest:,} bytes; send less at once (RENMAI_MAX_BODY_BYTES)"
    )


def from_message(payload: object) -> GraphQLRequest:
    """The operation in a message of a WebSocket, which is what a body would be.

    Raises:
        HttpError: there is none.
    """
    if not isinstance(payload, dict):
        raise HttpError(400, "`payload` must be an object with `query`")
    return _from_document(payload)


def _from_body(body: bytes) -> GraphQLRequest:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise HttpError(400, f"the body is not JSON: {error}; send valid UTF-8 JSON") from error
    if not isinstance(document, dict):
        batch = "; one operation a request, not a list" if isinstance(document, list) else ""
        raise HttpError(
            400, f'the body must be a JSON object such as {{"query": "{{ __typename }}"}}{batch}'
        )
    return _from_document(document)


def _from_document(document: dict[str, Any]) -> GraphQLRequest:
    return _checked(
        document.get("query"),
        document.get("variables"),
        document.get("operationName"),
        document.get("extensions"),
        read_only=False,
    )


def _from_parameters(query_string: bytes, largest: int) -> GraphQLRequest:
    if len(query_string) > largest:
        raise HttpError(414, f"the address is longer than {largest:,} bytes; send it by POST")
    given = _parameters(query_string)
    return _checked(
        given.get("query"),
        _json(given, "variables"),
        given.get("operationName"),
        _json(given, "extensions"),
        read_only=True,
    )


def _json(given: Mapping[str, str], name: str) -> object:
    """The value of a parameter that is JSON; None if it is not there."""
    if not given.get(name):
        return None
    try:
        return orjson.loads(given[name])
    except orjson.JSONDecodeError as error:
        raise HttpError(
            400, f"`{name}` is not JSON: {error}; send a JSON object, percent-encoded"
        ) from error


def _parameters(query_string: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_PARAMETERS,
        )
    except UnicodeError as error:
        raise HttpError(400, "the address is not UTF-8; percent-encode it as UTF-8") from error
    except ValueError as error:
        raise HttpError(
            400, f"more than {MOST_PARAMETERS} parameters; send `query`, `variables`"
        ) from error
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise HttpError(400, f"`{twice[:40]}` is given more than once; keep one")
    return found


def _checked(
    query: object, variables: object, operation: object, extensions: object, *, read_only: bool
) -> GraphQLRequest:
    sha256, at_least = (None, 0) if extensions is None else _extended(extensions)
    if sha256 is not None and (query is None or query == ""):
        query = ""
    elif not isinstance(query, str) or not query.strip():
        raise HttpError(400, "`query` is missing; it is the text of a GraphQL document")
    if variables is not None and not isinstance(variables, dict):
        raise HttpError(400, "`variables` must be a JSON object, from name to value")
    if operation is not None and not isinstance(operation, str):
        raise HttpError(400, "`operationName` must be text")
    return GraphQLRequest(query, variables, operation or None, read_only, sha256, at_least)


def _extended(extensions: object) -> tuple[str | None, int]:
    """The hash of an automatic persisted query, and a version, as far as they are given."""
    if not isinstance(extensions, dict):
        raise HttpError(400, "`extensions` must be a JSON object")
    return _persisted(extensions.get("persistedQuery")), _at_least(extensions.get("atLeastVersion"))


def _at_least(given: object) -> int:
    if given is None:
        return 0
    if isinstance(given, str) and _NUMBER.fullmatch(given):
        given = int(given)
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given < 2**63:
        raise HttpError(
            400,
            "`extensions.atLeastVersion` must be a whole number from 0; send the `version` that "
            "a mutation returned",
        )
    return given


def _persisted(given: Any) -> str | None:
    if given is None:
        return None
    sha256 = given.get("sha256Hash") if isinstance(given, dict) else None
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256) or given.get("version") != 1:
        raise HttpError(
            400,
            "`extensions.persistedQuery` must be an object of `version`, which is 1, and "
            "`sha256Hash`, the 64 hexadecimal digits of the text's SHA-256",
        )
    return sha256.lower()
