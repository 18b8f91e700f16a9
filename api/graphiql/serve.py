"""The GraphiQL page and its files as Starlette responses and routes."""

import os
from functools import cache
from html import escape
from pathlib import Path
from string import Template

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import PathLike, StaticFiles
from starlette.types import Scope

_STATIC = Path(__file__).parent / "static"

_POLICY = "; ".join(
    (
        "default-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
        # Monaco's style sheet carries its small icons in itself.
        "img-src 'self' data:",
        # Monaco writes its theme and every line's position into style elements and attributes.
        "style-src 'self' 'unsafe-inline'",
    )
)
# Files carry the policy too: a worker obeys the one it was served with, not its page's.
_SAFETY = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
# Named here because a machine's own table may lack fonts or call scripts plain text,
# and with nosniff a browser then refuses them.
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".woff2": "font/woff2",
}


def page(endpoint: str = "graphql", assets: str = "graphiql") -> Response:
    """Answer a browser with the GraphiQL page.

    Both addresses may be relative to the page's own, so that it works behind any prefix: the
    defaults suit a page at `/graphql`, or `/`, beside files at `/graphiql`.

    Args:
        endpoint: URL of the GraphQL endpoint, for HTTP and for graphql-transport-ws.
        assets: URL under which `routes` are reached, without a final slash.

    Returns:
        The HTML page, not to be kept by caches, under a strict Content-Security-Policy.
    """
    html = _template().substitute(endpoint=escape(endpoint), assets=escape(assets))
    return HTMLResponse(html, headers=_SAFETY | {"Cache-Control": "no-cache", "Vary": "Accept"})


def routes(path: str = "/graphiql") -> list[BaseRoute]:
    """Serve the files the page refers to, and the licences of what is in them.

    Args:
        path: where the files stand, without a final slash.

    Returns:
        Routes for a Starlette application.
    """
    return [
        Route(f"{path}/LICENSES.txt", _licences, name="graphiql-licences"),
        Mount(path, _Assets(directory=_STATIC / "assets"), name="graphiql"),
    ]


class _Assets(StaticFiles):
    """Files with a hash in their names: what a name holds never changes."""

    def file_response(
        self,
        full_path: PathLike,
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.update(_SAFETY)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.headers["Content-Type"] = _MEDIA_TYPES[Path(full_path).suffix]
        return response


async def _licences(_request: Request) -> Response:
    return FileResponse(_STATIC / "LICENSES.txt", headers=_SAFETY)


@cache
def _template() -> Template:
    return Template((_STATIC / "index.html").read_text(encoding="utf-8"))
