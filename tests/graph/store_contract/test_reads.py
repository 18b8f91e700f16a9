import pytest

from graph.errors import BadInput
from graph.model import RECORDS, NodeRef
from graph.store import TenantGraph, Upsert
from tests.graph.strategies import KEYS, WORLDS, world


@pytest.mark.parametrize("kind", RECORDS)
async def test_records_are_read_as_they_were_written(kind: str, graphs: list[TenantGraph]) -> None:
    for seed in range(WORLDS):
        written = {r.key: r for r in world(seed).of_kind(kind)}

        assert await graphs[seed].nodes(kind, KEYS) == written
        assert written


async def test_what_is_not_there_is_absent(graphs: list[TenantGraph]) -> None:
    assert await graphs[0].nodes("Contact", ["nobody", "", "k" * 500]) == {}


async def test_no_keys_give_no_records(graphs: list[TenantGraph]) -> None:
    assert await graphs[0].nodes("Contact", []) == {}


async def test_a_key_given_twice_is_read_once(graphs: list[TenantGraph]) -> None:
    record = world(0).of_kind("Contact")[0]

    assert await graphs[0].nodes("Contact", [record.key] * 3) == {record.key: record}


async def test_any_number_of_keys_is_read_at_once(graphs: list[TenantGraph]) -> None:
    """SQLite takes some 32,000 parameters in one statement."""
    record = world(0).of_kind("Contact")[0]
    keys = [f"none-{n}" for n in range(40_000)]

    assert await graphs[0].nodes("Contact", [*keys, record.key]) == {record.key: record}


@pytest.mark.parametrize("key", ["'; DROP TABLE Contact; --", "\0", "a\0b", "${x}", "`", "\\u0041"])
async def test_a_hostile_key_finds_nothing(key: str, graphs: list[TenantGraph]) -> None:
    assert await graphs[0].nodes("Contact", [key]) == {}


async def test_half_of_a_character_in_a_key_is_refused_or_finds_nothing(
    graphs: list[TenantGraph],
) -> None:
    try:
        found = await graphs[0].nodes("Contact", ["\ud800"])
    except BadInput as refused:
        found = {}
        assert "surrogate" in str(refused) or "half of a character" in str(refused)  # noqa: PT017
    assert found == {}


async def test_a_kind_that_does_not_exist_is_refused(graphs: list[TenantGraph]) -> None:
    with pytest.raises(BadInput, match=r"^'Nope' is not a kind of record; use "):
        await graphs[0].nodes("Nope", ["a"])


async def test_a_tenant_without_data_answers_every_read(graph: TenantGraph) -> None:
    assert await graph.version() == 0
    assert await graph.nodes("Contact", ["a"]) == {}
    assert await graph.log(0) == []
    assert await graph.search("王", ["Contact"], 10) == []


async def test_the_version_is_that_of_the_newest_commit(graph: TenantGraph) -> None:
    first = await graph.commit([Upsert("Staff", "s", {"name": "a"})], actor="tests")
    assert (first.version, await graph.version()) == (1, 1)

    second = await graph.commit([Upsert("Staff", "s", {"name": "b"})], actor="tests")
    assert (second.version, await graph.version()) == (2, 2)


async def test_a_read_after_a_commit_sees_it(graph: TenantGraph) -> None:
    for n in range(20):
        await graph.commit([Upsert("Staff", "s", {"name": f"n{n}"})], actor="tests")
        found = await graph.nodes("Staff", ["s"])
        assert found["s"].name == f"n{n}"  # type: ignore[attr-defined]


async def test_records_of_several_kinds_are_read_at_once(graphs: list[TenantGraph]) -> None:
    written = world(0).records
    absent = [NodeRef("Contact", "nobody"), NodeRef("Tie", "none")]

    assert await graphs[0].records([*written, *absent, *written]) == written
    assert await graphs[0].records([]) == {}


async def test_a_record_of_no_kind_is_refused(graphs: list[TenantGraph]) -> None:
    with pytest.raises(BadInput, match=r"^'Nope' is not a kind of record; use "):
        await graphs[0].records([NodeRef("Contact", "a"), NodeRef("Nope", "a")])
