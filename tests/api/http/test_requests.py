from __future__ import annotations

from collections.abc import Sequence

import pytest
from starlette.types import Message, Receive

from api.http.media import HttpError
from api.http.presence import ClientGone
from api.http.requests import GraphQLRequest, Headers, headers_of, parse

JSON_BODY: Headers = {b"content-type": b"application/json"}
QUERY = b'{"query": "{ __typename }"}'


def sends(*messages: Message) -> Receive:
    waiting = list(messages)

    async def receive() -> Message:
        return waiting.pop(0)

    return receive


def chunk(body: bytes, *, more: bool = False) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


async def posted(
    body: bytes, headers: Headers = JSON_BODY, *, largest: int = 1_000
) -> GraphQLRequest:
    scope = {"method": "POST", "query_string": b""}
    return await parse(scope, headers, sends(chunk(body)), largest)


async def got(query_string: bytes, *, largest: int = 1_000) -> GraphQLRequest:
    scope = {"method": "GET", "query_string": query_string}
    return await parse(scope, {}, sends(), largest)


async def refused(asked: object, status: int) -> str:
    with pytest.raises(HttpError) as caught:
        await asked  # type: ignore[misc]
    assert caught.value.status == status
    return str(caught.value)


async def test_a_body_gives_query_variables_and_operation() -> None:
    body = b'{"query": "{ a }", "variables": {"k": 1}, "operationName": "Q", "extensions": {}}'

    assert await posted(body) == GraphQLRequest("{ a }", {"k": 1}, "Q", read_only=False)


async def test_parameters_give_query_variables_and_operation() -> None:
    asked = await got(b"query=%7Ba%7D&variables=%7B%22k%22%3A1%7D&operationName=&other=1")

    assert asked == GraphQLRequest("{a}", {"k": 1}, None, read_only=True)


@pytest.mark.parametrize(
    ("given", "version"),
    [(b"7", 7), (b'"7"', 7), (b"0", 0), (b"null", 0), (b"9223372036854775807", 2**63 - 1)],
)
async def test_a_version_may_be_asked_for(given: bytes, version: int) -> None:
    body = b'{"query": "{a}", "extensions": {"atLeastVersion": %s}}' % given

    assert (await posted(body)).at_least == version


async def test_a_version_may_be_asked_for_by_get() -> None:
    asked = await got(b"query=%7Ba%7D&extensions=%7B%22atLeastVersion%22%3A7%7D")

    assert asked.at_least == 7


@pytest.mark.parametrize(
    "given", [b"-1", b"1.5", b"true", b"[]", b'"x"', b'""', b'"-1"', b"9223372036854775808"]
)
async def test_what_is_no_version_is_refused(given: bytes) -> None:
    body = b'{"query": "{a}", "extensions": {"atLeastVersion": %s}}' % given

    told = await refused(posted(body), 400)

    assert told.startswith("`extensions.atLeastVersion` must be a whole number from 0; send")


async def test_a_body_that_comes_in_pieces_is_put_together() -> None:
    pieces = [chunk(QUERY[:9], more=True), chunk(b"", more=True), chunk(QUERY[9:])]

    asked = await parse({"method": "POST"}, JSON_BODY, sends(*pieces), 1_000)

    assert asked.query == "{ __typename }"


@pytest.mark.parametrize("coding", [b"gzip", b"BR", b"gzip, identity"])
async def test_a_compressed_body_is_refused_with_what_to_send(coding: bytes) -> None:
    with pytest.raises(HttpError) as caught:
        await posted(b"\x1f\x8b", {**JSON_BODY, b"content-encoding": coding})

    assert caught.value.status == 415
    assert caught.value.headers == {"Accept-Encoding": "identity"}
    assert "without Content-Encoding" in str(caught.value)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (b"", "the body is of no named type; send application/json"),
        (b"multipart/form-data; boundary=x", "the body is multipart/form-data; send"),
        (b"application/json; charset=latin1", "the body's characters are latin1; send utf-8"),
        (b"\xff", "the body is \xff; send"),
    ],
)
async def test_a_body_of_another_type_is_refused(given: bytes, message: str) -> None:
    assert (await refused(posted(QUERY, {b"content-type": given}), 415)).startswith(message)


@pytest.mark.parametrize(
    "given", [b'application/json; charset="UTF-8"', b"Application/JSON ;charset=utf8"]
)
async def test_the_type_of_a_body_may_name_utf_8(given: bytes) -> None:
    assert (await posted(QUERY, {b"content-type": given})).query == "{ __typename }"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the body is not JSON: "),
        (b"NaN", "the body is not JSON: "),
        (b'{"query": "{ a }", "query": ', "the body is not JSON: "),
        (b"[" * 100_000, "the body is not JSON: "),
        (b'{"variables":' * 5_000, "the body is not JSON: "),
        (b"[" + QUERY + b"]", "the body must be a JSON object"),
        (b"null", "the body must be a JSON object"),
        (b"{}", "`query` is missing"),
        (b'{"query": " "}', "`query` is missing"),
        (b'{"query": "{a}", "variables": "{}"}', "`variables` must be a JSON object"),
        (b'{"query": "{a}", "operationName": {}}', "`operationName` must be text"),
    ],
)
async def test_a_body_that_is_no_request_is_refused(body: bytes, message: str) -> None:
    assert (await refused(posted(body, largest=200_000), 400)).startswith(message)


async def test_of_a_batch_the_refusal_says_that_it_is_one() -> None:
    told = await refused(posted(b"[" + QUERY + b"]"), 400)

    assert told.endswith("; one operation a request, not a list")


@pytest.mark.parametrize("length", [b"1001", b"9" * 5_000])
async def test_a_body_that_announces_too_much_is_refused_unread(length: bytes) -> None:
    headers = {**JSON_BODY, b"content-length": length}
    asked = parse({"method": "POST"}, headers, sends(), 1_000)

    assert "larger than 1,000 bytes" in await refused(asked, 413)


@pytest.mark.parametrize("more", [True, False])
async def test_a_body_longer_than_announced_is_refused(more: bool) -> None:
    headers = {**JSON_BODY, b"content-length": b"-5"}
    asked = parse({"method": "POST"}, headers, sends(chunk(b" " * 1_001, more=more)), 1_000)

    await refused(asked, 413)


@pytest.mark.parametrize("before", [[], [chunk(b"{", more=True)]])
async def test_a_client_that_leaves_within_its_body_is_gone(before: Sequence[Message]) -> None:
    left = {"type": "http.disconnect"}

    with pytest.raises(ClientGone):
        await parse({"method": "POST"}, JSON_BODY, sends(*before, left), 1_000)


@pytest.mark.parametrize(
    ("query_string", "message"),
    [
        (b"", "`query` is missing"),
        (b"query=%7Ba%7D&query=%7Bb%7D", "`query` is given more than once; keep one"),
        (b"query=%ff", "the address is not UTF-8"),
        (b"query=\xe4", "the address is not UTF-8"),
        (b"query=a&variables=%7B", "`variables` is not JSON"),
        (b"query=a&variables=[]", "`variables` must be a JSON object"),
        (b"&".join(b"a%d=" % n for n in range(101)), "more than 100 parameters"),
    ],
)
async def test_wrong_parameters_are_refused(query_string: bytes, message: str) -> None:
    assert (await refused(got(query_string), 400)).startswith(message)


async def test_a_long_address_is_refused() -> None:
    assert "by POST" in await refused(got(b"query=" + b"a" * 1_000), 414)


async def test_other_methods_are_refused_with_those_that_are_not() -> None:
    with pytest.raises(HttpError) as caught:
        await parse({"method": "DELETE"}, {}, sends(), 1_000)

    assert caught.value.status == 405
    assert caught.value.headers == {"Allow": "GET, HEAD, POST, OPTIONS"}


def test_a_header_that_stands_twice_is_one_list() -> None:
    given = [(b"accept", b"text/html"), (b"host", b"a"), (b"accept", b"application/json")]

    assert headers_of(given) == {b"accept": b"text/html, application/json", b"host": b"a"}
