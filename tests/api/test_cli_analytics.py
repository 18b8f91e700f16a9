from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

import pytest

from api.cli.analytics import answer
from graph.model import NodeRef
from graph.network.cache import SnapshotCache
from graph.sqlite import SqliteStore
from graph.store import TenantGraph, Upsert
from referral.centrality import InfluenceMeasure
from referral.registry import analytics


class Unscanned:
    """A tenant's graph that must not be scanned."""

    def __init__(self, graph: TenantGraph) -> None:
        self._graph = graph

    def __getattr__(self, name: str) -> Any:
        return getattr(self._graph, name)

    def scan(self, *_: object) -> NoReturn:
        raise AssertionError("the graph was scanned again")


def people(*keys: str) -> list[Upsert]:
    ends = {"source": NodeRef("Contact", keys[0]), "target": NodeRef("Contact", keys[1])}
    made = [Upsert("Contact", key, {"name": key}) for key in keys]
    return [*made, Upsert("Referral", "".join(keys), ends)]


async def test_a_command_goes_on_from_the_snapshot_that_the_last_one_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And brings it up to date from the log, so that it shows what was written since."""
    monkeypatch.setattr("graph.snapshots.WORTH_SAVING", 1)
    store, cache = SqliteStore(tmp_path / "data"), SnapshotCache(tmp_path / "cache")
    await store.ready()
    graph = store.tenant("shop")
    analytic, arguments = analytics()["influencers"], {"measure": InfluenceMeasure.K_CORE}

    await graph.commit(people("a", "b"), actor="tests")
    first, _ = await answer(analytic, graph, arguments, None, cache)
    await graph.commit(people("b", "c"), actor="tests")
    unscanned: Any = Unscanned(graph)
    second, _ = await answer(analytic, unscanned, arguments, None, cache)

    assert [row.party.key for row in first.items] == ["a", "b"]
    assert [row.party.key for row in second.items] == ["a", "b", "c"]
    assert second.version == 2
    await store.close()
