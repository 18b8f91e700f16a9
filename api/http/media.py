"""The media types of answers, and how a client chooses among them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

JSON = "application/json"
RESPONSE_JSON = "application/graphql-response+json"
HTML = "text/html"
PARTS = "multipart/mixed"
EVENTS = "text/event-stream"


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


_RANGES = {
    RESPONSE_JSON: (RESPONSE_JSON, "application/*", "*/*"),
    JSON: (JSON, "application/*", "*/*"),
}
"""Our media types, the better one first, and what may name each: the first that does counts."""


@lru_cache(256)  # a client sends the same one each time
def negotiate(accept: str | None) -> str:
    """The media type to answer with: the one the client likes best, or of those, names first.

    Args:
        accept: the Accept header; absent means anything.

    Raises:
        HttpError: 406, the client takes none of ours.
    """
    if not accept or not accept.strip():
        return JSON
    named: dict[str, tuple[float, int]] = {}
    for place, part in enumerate(accept.split(",")):
        name, *parameters = (p.strip().lower() for p in part.split(";"))
        liking = _quality(parameters), -place
        named[name] = max(named.get(name, liking), liking)
    liked = {
        media: next((named[name] for name in names if name in named), (0.0, 0))
        for media, names in _RANGES.items()
    }
    best = max(liked, key=lambda media: liked[media])
    if liked[best][0] <= 0:
        raise HttpError(
            406,
            f"answers are {RESPONSE_JSON} or {JSON}; name one in Accept, also beside {PARTS} "
            f"(parts, by @defer) and {EVENTS} (subscriptions)",
        )
    return best


@lru_cache(256)
def takes_parts(accept: str) -> bool:
    """Whether a client takes an answer in parts, as @defer gives it."""
    return _names(accept, PARTS)


@lru_cache(256)
def takes_events(accept: str) -> bool:
    """Whether a client takes answers one by one, as a subscription gives them."""
    return _names(accept, EVENTS)


@lru_cache(256)
def takes_whole(accept: str) -> bool:
    """Whether a client takes one whole answer."""
    try:
        negotiate(accept)
    except HttpError:
        return False
    return True


def _names(accept: str, media: str) -> bool:
    for part in accept.split(","):
        name, *parameters = (p.strip().lower() for p in part.split(";"))
        if name == media and _quality(parameters) > 0:
            return True
    return False


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0
