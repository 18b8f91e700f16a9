from collections.abc import Sequence
from typing import Any

import pytest

from graph.errors import BadInput
from graph.model import RECORDS, record_info
from graph.model.codec import columns, decoder
from graph.store import TenantGraph, Upsert
from tests.graph.strategies import world


async def rows(
    graph: TenantGraph, kind: str, wanted: Sequence[str] | None = None, batch: int = 10_000
) -> tuple[list[tuple[Any, ...]], list[int]]:
    """All rows of a scan in the order of the columns wanted, and the sizes of its batches."""
    names = columns(record_info(kind)) if wanted is None else wanted
    found, sizes = [], []
    async for part in graph.scan(kind, wanted, batch):
        assert list(part.columns) == list(names)
        assert {len(values) for values in part.columns.values()} <= {part.size}
        found += list(zip(*part.columns.values(), strict=True))
        sizes.append(part.size)
    return found, sizes


@pytest.mark.parametrize("kind", RECORDS)
async def test_a_scan_gives_every_record_in_storage_form(
    kind: str, graphs: list[TenantGraph]
) -> None:
    found, _ = await rows(graphs[0], kind)

    decode = decoder(kind)
    assert {r.key: r for r in map(decode, found)} == {r.key: r for r in world(0).of_kind(kind)}
    assert len(found) == len(world(0).of_kind(kind))


@pytest.mark.parametrize("kind", ["Contact", "Tie"])
async def test_lists_and_maps_are_scanned_as_json_text(
    kind: str, graphs: list[TenantGraph]
) -> None:
    info = record_info(kind)
    async for part in graphs[0].scan(kind):
        for name, values in part.columns.items():
            field = info.fields.get(name)
            if field is None or field.many or field.scalar == "JSON":
                assert all(isinstance(v, str) for v in values), name


@pytest.mark.parametrize("kind", ["Referral", "Contact"])
async def test_a_scan_gives_the_columns_asked_for_and_no_others(
    kind: str, graphs: list[TenantGraph]
) -> None:
    names = columns(record_info(kind))
    for wanted in (names[:1], names[::-1], (names[-1], names[0])):
        found, _ = await rows(graphs[0], kind, wanted)
        whole, _ = await rows(graphs[0], kind)
        at = [names.index(n) for n in wanted]
        assert sorted(found, key=repr) == sorted((tuple(r[i] for i in at) for r in whole), key=repr)


async def test_a_column_that_does_not_exist_is_refused(graphs: list[TenantGraph]) -> None:
    with pytest.raises(BadInput, match="'nope'"):
        await rows(graphs[0], "Contact", ["key", "nope"])


async def test_a_kind_that_does_not_exist_is_refused(graphs: list[TenantGraph]) -> None:
    with pytest.raises(BadInput, match=r"^'Nope' is not a kind of record; use "):
        async for _ in graphs[0].scan("Nope"):
            pass


async def test_batches_hold_what_is_asked_at_most_and_join_to_the_whole(graph: TenantGraph) -> None:
    changes = [Upsert("Staff", f"s{n:03}", {"name": f"n{n}"}) for n in range(250)]
    await graph.commit(changes, actor="tests")

    for batch in (1, 7, 100, 250, 10_000):
        found, sizes = await rows(graph, "Staff", ["key"], batch)
        assert sorted(found) == [(f"s{n:03}",) for n in range(250)]
        assert max(sizes) == min(batch, 250)


async def test_nothing_is_scanned_where_there_is_nothing(graph: TenantGraph) -> None:
    found, sizes = await rows(graph, "Staff")

    assert found == []
    assert sum(sizes) == 0


async def test_a_scan_has_all_that_was_there_while_others_write(graph: TenantGraph) -> None:
    before = {f"s{n:03}" for n in range(100)}
    await graph.commit([Upsert("Staff", k, {"name": "x"}) for k in before], actor="tests")

    keys: list[str] = []
    number = 0
    async for part in graph.scan("Staff", ["key"], 10):
        keys += part.columns["key"]
        number += 1
        await graph.commit([Upsert("Staff", f"s{number:03}+", {"name": "x"})], actor="tests")

    assert before <= set(keys)
    assert len(keys) == len(set(keys))


async def test_a_scan_may_be_left_half_way(graph: TenantGraph) -> None:
    changes = [Upsert("Staff", f"s{n}", {"name": "x"}) for n in range(50)]
    await graph.commit(changes, actor="tests")

    for _ in range(20):
        scan = graph.scan("Staff", ["key"], 5)
        async for _part in scan:
            break
        await scan.aclose()  # type: ignore[attr-defined]

    assert await graph.version() == 1
    assert len((await rows(graph, "Staff"))[0]) == 50


async def test_batches_stay_small_where_others_write_into_their_range(graph: TenantGraph) -> None:
    await graph.commit([Upsert("Staff", f"s{n}", {"name": "x"}) for n in range(5)], actor="tests")

    scan = graph.scan("Staff", ["key"], 2)
    first = await anext(scan)
    more = [Upsert("Staff", f"s4+{n}", {"name": "x"}) for n in range(7)]
    await graph.commit(more, actor="tests")
    others = [part async for part in scan]

    assert [len(part.columns["key"]) for part in others] == [part.size for part in others]
    assert max(part.size for part in others) <= 2
    keys = [key for part in (first, *others) for key in part.columns["key"]]
    assert {f"s{n}" for n in range(5)} <= set(keys)
    assert len(keys) == len(set(keys))
