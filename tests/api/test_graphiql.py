"""The GraphiQL page: whole, cached as it may be, and silent towards other hosts."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

import api.graphiql
from api import graphiql

STATIC = Path(api.graphiql.__file__).parent / "static"
ASSETS = sorted(path.name for path in (STATIC / "assets").iterdir())


async def show(_request: Request) -> Response:
    return graphiql.page()


@pytest.fixture(scope="module")
def client() -> TestClient:
    routes = [Route("/graphql", show), *graphiql.routes()]
    return TestClient(Starlette(routes=[*routes, Mount("/crm", routes=routes)]))


class References(HTMLParser):
    """Collects every address and every inline script of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.inline: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.addresses += [
            value
            for name, value in given.items()
            if name in {"src", "href"} or name.endswith("-worker")
        ]
        if tag == "script" and "src" not in given:
            self.inline.append(tag)
        self.inline += [name for name in given if name.startswith("on") or name == "style"]


def test_page_is_html_named_renmai_and_asks_the_endpoint_beside_it(client: TestClient) -> None:
    response = client.get("/graphql")

    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "<title>renmai</title>" in response.text
    assert 'data-endpoint="graphql"' in response.text
    assert "$" not in response.text


def test_page_escapes_the_addresses_it_is_given() -> None:
    html = bytes(graphiql.page(endpoint='"><script>', assets="a&b").body).decode()

    assert 'data-endpoint="&quot;&gt;&lt;script&gt;"' in html
    assert 'src="a&amp;b/main-' in html


def test_page_lets_nothing_but_our_own_scripts_run(client: TestClient) -> None:
    response = client.get("/graphql")

    policy = dict(
        directive.split(" ", 1)
        for directive in response.headers["content-security-policy"].split("; ")
    )
    assert policy == {
        "default-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "object-src": "'none'",
        "img-src": "'self' data:",
        "style-src": "'self' 'unsafe-inline'",
    }
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert References(response.text).inline == []


@pytest.mark.parametrize("prefix", ["", "/crm"])
def test_every_file_the_page_names_is_served_under_any_prefix(
    client: TestClient, prefix: str
) -> None:
    addresses = References(client.get(f"{prefix}/graphql").text).addresses

    assert len(addresses) == 7
    assert not [address for address in addresses if ":" in address or address.startswith("/")]
    assert {client.get(f"{prefix}/{address}").status_code for address in addresses} == {200}


def test_every_file_that_a_script_or_style_names_exists() -> None:
    named = re.compile(r"[\w.-]+-[A-Z0-9]{8}\.(?:js|css|ttf|woff2|svg)")
    texts = [path for path in (STATIC / "assets").iterdir() if path.suffix in {".js", ".css"}]
    found = {name for path in texts for name in named.findall(path.read_text(encoding="utf-8"))}

    assert found - set(ASSETS) == set()


def test_styles_load_nothing_from_other_hosts() -> None:
    for path in (STATIC / "assets").glob("*.css"):
        targets = re.findall(r"""url\(["']?([^)"']{2,40})""", path.read_text(encoding="utf-8"))
        assert {target.split("/")[0].split(":")[0] for target in targets} <= {".", "data"}


def test_page_is_asked_for_anew_each_time(client: TestClient) -> None:
    response = client.get("/graphql")

    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["vary"] == "Accept"


@pytest.mark.parametrize("name", ASSETS)
def test_hashed_files_are_kept_for_ever(client: TestClient, name: str) -> None:
    types = {
        "css": "text/css; charset=utf-8",
        "js": "text/javascript; charset=utf-8",
        "svg": "image/svg+xml",
        "ttf": "font/ttf",
        "woff2": "font/woff2",
    }

    response = client.get(f"/graphiql/{name}")

    assert re.search(r"-[A-Z0-9]{8}\.\w+$", name)
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["content-type"] == types[name.rpartition(".")[2]]
    assert response.headers["content-security-policy"].startswith("default-src 'self'; ")


def test_a_kept_file_is_not_sent_again(client: TestClient) -> None:
    etag = client.get(f"/graphiql/{ASSETS[0]}").headers["etag"]

    response = client.get(f"/graphiql/{ASSETS[0]}", headers={"If-None-Match": etag})

    assert (response.status_code, response.content) == (304, b"")


@pytest.mark.parametrize("name", ["absent-ABCDEFGH.js", "index.html", "../serve.py"])
def test_nothing_but_the_files_of_the_page_is_served(client: TestClient, name: str) -> None:
    assert client.get(f"/graphiql/{name}").status_code == 404


def test_licences_of_what_is_bundled_are_served(client: TestClient) -> None:
    text = client.get("/graphiql/LICENSES.txt").text

    for package in ("graphiql 5", "monaco-editor 0", "react 19", "@fontsource/roboto 5"):
        assert f"\n{package}" in text
    assert "SIL OPEN FONT LICENSE" in text
