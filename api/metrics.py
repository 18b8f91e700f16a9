"""What the server counts, in the format of Prometheus."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import accumulate

from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
    start_http_server,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString
from starlette.requests import Request
from starlette.responses import Response

from api.subscribing import Streams
from graph.errors import BadInput
from schema.execution import Executor

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
"""Upper bounds of the buckets that durations are counted in."""


class Metrics:
    """Counts one process's requests, and shows the executor's own counters beside them.

    Args:
        executor: whose counters and documents are shown.
        streams: what became of subscriptions.

    Attributes:
        registry: all of them.
        request: counts a request by its status and its seconds.
    """

    def __init__(self, executor: Executor, streams: Streams) -> None:
        self.registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        self.registry.register(_OfExecutor(executor))
        self.registry.register(_OfStreams(streams))
        self._requests = _Requests()
        self.registry.register(self._requests)
        self.request = self._requests.count

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self.registry)

    async def page(self, _request: Request) -> Response:
        """Answers a scrape."""
        return Response(self.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    @contextmanager
    def served(self, host: str, port: int, workers: int) -> Iterator[int]:
        """Answers scrapes on a port of its own, from a thread, so also while the loop is busy.

        Args:
            host: the address.
            port: the first port to try.
            workers: how many processes share the ports from there on, one each.

        Yields:
            The port.

        Raises:
            BadInput: none of the ports is free.
        """
        for candidate in range(port, port + workers):
            try:
                server, thread = start_http_server(candidate, host, self.registry)
            except OSError:
                continue
            try:
                yield candidate
            finally:
                server.shutdown()
                server.server_close()
                thread.join()
            return
        raise BadInput(
            f"cannot serve metrics on {host}:{port}: in use; "
            "stop what uses it, or choose another with RENMAI_METRICS_PORT"
        )


class _Requests(Collector):
    """Counts requests on the event loop, which needs no lock: the library's own take 4
    microseconds a request."""

    def __init__(self) -> None:
        self._statuses: dict[int, int] = {}
        self._within = [0] * (len(SECONDS) + 1)
        self._total_s = 0.0

    def count(self, status: int, seconds: float) -> None:
        """Counts a request."""
        self._statuses[status] = self._statuses.get(status, 0) + 1
        self._within[bisect_left(SECONDS, seconds)] += 1
        self._total_s += seconds

    def collect(self) -> Iterator[Metric]:
        """The requests by status, and how long they took."""
        yield _counted(
            "renmai_http_requests",
            "GraphQL requests by the status sent; 499: the client left first.",
            "status",
            {str(status): number for status, number in self._statuses.copy().items()},
        )
        bounds = [*map(floatToGoString, SECONDS), "+Inf"]
        yield HistogramMetricFamily(
            "renmai_http_request_seconds",
            "How long GraphQL requests took, from the head to the last byte handed on.",
            list(zip(bounds, map(float, accumulate(self._within)), strict=True)),
            self._total_s,
        )


class _OfExecutor(Collector):
    """Reads an executor's counters when they are asked for: the executor itself only adds."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def collect(self) -> Iterator[Metric]:
        """What became of the operations, and the documents kept."""
        counters, documents = self._executor.counters, self._executor.documents
        yield _counted(
            "renmai_operations",
            "Operations by what ran them.",
            "by",
            {"plan": counters.planned, "graphql-core": counters.generic.total()},
        )
        yield _counted(
            "renmai_operations_unplanned",
            "Operations that graphql-core ran, by the reason.",
            "reason",
            counters.generic,
        )
        yield _counted(
            "renmai_levels",
            "Functions generated for levels; small levels done step by step on their first use; "
            "levels that surprised their function.",
            "how",
            {
                "generated": counters.generated,
                "interpreted": counters.interpreted,
                "slow": counters.slow.total(),
            },
        )
        yield _counted(
            "renmai_levels_slow",
            "Levels that surprised their function, by their place and the reason.",
            "place",
            counters.slow,
        )
        yield GaugeMetricFamily("renmai_documents", "Documents kept.", len(documents))
        yield GaugeMetricFamily(
            "renmai_documents_bytes", "Their memory with their plans, roughly.", documents.bytes
        )


class _OfStreams(Collector):
    """Reads what became of subscriptions when it is asked for."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams

    def collect(self) -> Iterator[Metric]:
        """Subscriptions open now, those that were, and their events."""
        streams = self._streams
        yield GaugeMetricFamily(
            "renmai_subscriptions_open", "Subscriptions that run now.", streams.open
        )
        yield _counted(
            "renmai_subscriptions",
            "Subscriptions begun; refused, since too many ran; connections ended since the client "
            "took nothing (stalled).",
            "what",
            {"begun": streams.begun, "refused": streams.refused, "stalled": streams.stalled},
        )
        yield CounterMetricFamily(
            "renmai_subscription_events", "Events sent to subscribers.", streams.events
        )


def _counted(
    name: str, documentation: str, label: str, values: Mapping[str, int] | Counter[str]
) -> Metric:
    family = CounterMetricFamily(name, documentation, labels=[label])
    for value, number in values.items():
        family.add_metric([value], number)
    return family
