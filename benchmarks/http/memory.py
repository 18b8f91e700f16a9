"""The 2-hop network in memory: our server on it, and the file that mercurius reads.

    python -m benchmarks.http.memory PORT [untuned]

Our graph is SQLite's, whose answers are remembered record by record and contact by contact.
"""

from __future__ import annotations

import socket
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import uvicorn

from api.app import build_app
from api.collector import settle
from api.service import Service
from api.settings import Environment, load
from benchmarks.execution import world
from graph.model import NodeRef, Record
from graph.query import Hit, Page, RelatedQuery
from graph.store import TenantGraph
from schema.context import Context

KEYS = [f"p{n}" for n in range(0, 2_000, 40)]
"""The contacts asked about."""


class Memory:
    """Reads of a real graph, remembered for each record."""

    def __init__(self, graph: TenantGraph) -> None:
        self._graph = graph
        self._nodes: dict[tuple[str, str], Record] = {}
        self._pages: dict[tuple[Any, ...], dict[NodeRef, Page[Hit]]] = defaultdict(dict)

    async def nodes(
        self, kind: str, keys: Sequence[str], fields: frozenset[str] | None = None
    ) -> Mapping[str, Record]:
        """Records by key, whole."""
        known = self._nodes
        missing = [key for key in keys if (kind, key) not in known]
        if missing:
            found = await self._graph.nodes(kind, missing)
            known.update({(kind, key): record for key, record in found.items()})
        return {key: known[kind, key] for key in keys}

    async def related(
        self, query: RelatedQuery, anchors: Sequence[NodeRef]
    ) -> Mapping[NodeRef, Page[Hit]]:
        """Members of a relation."""
        query = replace(query, fields=None, edge_fields=None, edges=True)  # it serves all levels
        known = self._pages[query.relation.name, query.window, query.count]
        missing = [anchor for anchor in anchors if anchor not in known]
        if missing:
            known.update(await self._graph.related(query, missing))
        return {anchor: known[anchor] for anchor in anchors}


def write_world(file: Path) -> None:
    """The same data as mercurius reads it."""
    found: dict[str, Any] = {"contacts": {}, "organizations": {}}
    ties: dict[str, list[Any]] = defaultdict(list)
    jobs: dict[str, list[Any]] = defaultdict(list)
    for change in sorted(world(), key=lambda change: change.key or ""):
        values: Any = change.values
        match change.kind:
            case "Contact":
                found["contacts"][change.key] = {
                    "key": change.key,
                    "name": values["name"],
                    "region": values["region"],
                    "sex": values["sex"].name,
                }
            case "Organization":
                kind = values["kind"].name
                found["organizations"][change.key] = {
                    "key": change.key,
                    "name": values["name"],
                    "kind": kind,
                }
            case "Tie":
                one, other, kind = values["source"].key, values["target"].key, values["kind"].name
                ties[one].append({"kind": kind, "since": None, "node": other})
                ties[other].append({"kind": kind, "since": None, "node": one})
            case "Affiliation":
                job = {"title": values["title"], "node": values["target"].key}
                jobs[values["source"].key].append(job)
    file.write_bytes(orjson.dumps({**found, "ties": ties, "affiliations": jobs}))


async def serve(port: int, folder: str, *, tuned: bool) -> None:
    """Fills a store and serves it until told to stop, with our garbage collector or Python's."""
    settings = load(
        store=f"sqlite:///{folder}",
        environment=Environment.PRODUCTION,
        log_level="warning",
        record_cache_mb=0,
    )
    app = build_app(settings)
    service: Service = app.state.service
    graph = service.store.tenant(settings.tenant)
    changes = world()
    for start in range(0, len(changes), 1_000):
        await graph.commit(changes[start : start + 1_000], actor="bench")
    remembered: Any = Memory(graph)
    made = service.context

    def context(*arguments: Any) -> Context:
        return replace(made(*arguments), graph=remembered)

    service.context = context  # type: ignore[method-assign]
    if tuned:
        settle()
    config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False)
    with socket.create_server(("127.0.0.1", port)) as listening:
        await uvicorn.Server(config).serve([listening])


if __name__ == "__main__":
    import uvloop

    with tempfile.TemporaryDirectory() as temporary:
        uvloop.run(serve(int(sys.argv[1]), temporary, tuned="untuned" not in sys.argv))
