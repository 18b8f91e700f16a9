from __future__ import annotations

import socket
import urllib.request
from pathlib import Path

import orjson
import pytest

from api.app import build_app
from api.metrics import Metrics
from api.settings import load
from api.subscribing import Streams
from graph.errors import BadInput
from schema.build import build_schema
from tests.api.serving import post, say, served

LOOPBACK = "127.0.0.1"


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(build_schema().executor, Streams())


def scraped(port: int) -> str:
    with urllib.request.urlopen(f"http://{LOOPBACK}:{port}/metrics", timeout=5) as answer:
        text: str = answer.read().decode()
    return text


def free_port() -> int:
    """A free port; the one after it is free too."""
    while True:
        with socket.create_server((LOOPBACK, 0)) as listening:
            port: int = listening.getsockname()[1]
            try:
                socket.create_server((LOOPBACK, port + 1)).close()
            except OSError:
                continue
        return port


async def test_what_became_of_operations_and_requests_is_told(tmp_path: Path) -> None:
    with served(build_app(load(store=f"sqlite:///{tmp_path}"))) as port:
        for query in ("{ __typename }", "{ __typename }", "{"):
            await say(port, post(orjson.dumps({"query": query})))
        await say(port, post(b""))

        lines = scraped(port).splitlines()

    assert 'renmai_http_requests_total{status="200"} 3.0' in lines
    assert 'renmai_http_requests_total{status="400"} 1.0' in lines
    assert "renmai_http_request_seconds_count 4.0" in lines
    assert 'renmai_operations_total{by="plan"} 2.0' in lines
    assert "renmai_documents 2.0" in lines


async def test_operations_without_a_plan_are_told_with_the_reason(tmp_path: Path) -> None:
    with served(build_app(load(store=f"sqlite:///{tmp_path}", executor="core"))) as port:
        await say(port, post(b'{"query": "{ __typename }"}'))

        lines = scraped(port).splitlines()

    assert 'renmai_operations_total{by="graphql-core"} 1.0' in lines
    assert 'renmai_operations_unplanned_total{reason="as set"} 1.0' in lines


def test_requests_are_counted_by_status_and_by_how_long_they_took(metrics: Metrics) -> None:
    for status, seconds in ((200, 0.001), (200, 0.002), (503, 64.0)):
        metrics.request(status, seconds)

    lines = [line for line in metrics.text().decode().splitlines() if "_http_request" in line]

    assert [line for line in lines if line.startswith("renmai_http_requests")] == [
        'renmai_http_requests_total{status="200"} 2.0',
        'renmai_http_requests_total{status="503"} 1.0',
    ]
    bounds = ("0.0025", "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1.0", "2.5", "5.0")
    assert [line for line in lines if line.startswith("renmai_http_request_seconds")] == [
        'renmai_http_request_seconds_bucket{le="0.001"} 1.0',
        *(f'renmai_http_request_seconds_bucket{{le="{bound}"}} 2.0' for bound in bounds),
        'renmai_http_request_seconds_bucket{le="10.0"} 2.0',
        'renmai_http_request_seconds_bucket{le="30.0"} 2.0',
        'renmai_http_request_seconds_bucket{le="+Inf"} 3.0',
        "renmai_http_request_seconds_count 3.0",
        "renmai_http_request_seconds_sum 64.003",
    ]


def test_slow_levels_are_told_with_their_place() -> None:
    executor = build_schema().executor
    executor.counters.slow["Query.contact: TypeError"] += 2

    text = Metrics(executor, Streams()).text().decode()

    assert 'renmai_levels_slow_total{place="Query.contact: TypeError"} 2.0' in text
    assert 'renmai_levels_total{how="slow"} 2.0' in text


async def test_metrics_can_be_turned_off(tmp_path: Path) -> None:
    with (
        served(build_app(load(store=f"sqlite:///{tmp_path}", metrics=False))) as port,
        pytest.raises(urllib.request.HTTPError) as caught,
    ):
        scraped(port)

    assert caught.value.code == 404
    caught.value.close()


async def test_metrics_on_a_port_of_their_own_are_not_beside_graphql(tmp_path: Path) -> None:
    apart = free_port()
    app = build_app(load(store=f"sqlite:///{tmp_path}", metrics_port=apart))
    with served(app) as port:
        await say(port, post(b'{"query": "{ __typename }"}'))

        assert 'renmai_http_requests_total{status="200"} 1.0' in scraped(apart)
        with pytest.raises(urllib.request.HTTPError) as caught:
            scraped(port)
    assert caught.value.code == 404
    caught.value.close()


def test_a_further_worker_takes_the_next_port(metrics: Metrics) -> None:
    port = free_port()

    with metrics.served(LOOPBACK, port, 2) as first, metrics.served(LOOPBACK, port, 2) as second:
        assert [first, second] == [port, port + 1]
        with (
            pytest.raises(BadInput, match="RENMAI_METRICS_PORT"),
            metrics.served(LOOPBACK, port, 2),
        ):
            pass
