from graph.model import RECORDS, NodeRef
from graph.query import FindQuery, Window
from graph.store import TenantGraph
from tests.graph.conftest import new_tenant
from tests.graph.store_contract.processes import run_writer
from tests.graph.stores import StoreRow

KILLS = 4
ACKNOWLEDGED = 25


async def killed_while_writing(row: StoreRow, place: str, tenant: str, name: str) -> dict[str, int]:
    """Ties that a writer was told are written, by key, before SIGKILL ended it in mid-work."""
    process = await run_writer(row, place, tenant, name, tasks=4)
    assert process.stdout is not None
    assert process.stderr is not None
    lines = []
    for _ in range(ACKNOWLEDGED):
        lines.append(await process.stdout.readline())
        assert lines[-1], (await process.stderr.read()).decode()
    process.kill()
    lines += (await process.stdout.read()).splitlines(keepends=True)
    await process.wait()
    whole = [line.decode().split() for line in lines if line.endswith(b"\n")]
    return {key: int(version) for version, key in whole}


async def all_keys(graph: TenantGraph, kind: str) -> set[str]:
    keys: set[str] = set()
    cursor = None
    while True:
        page = await graph.find(FindQuery(kind, window=Window(first=1_000, after=cursor)))
        keys |= {r.key for r in page.items}
        if not page.has_next:
            return keys
        cursor = page.cursors[-1]


async def test_a_kill_loses_no_acknowledged_commit_and_leaves_none_half(
    row: StoreRow, fresh_place: str
) -> None:
    tenant = new_tenant()
    acknowledged: dict[str, int] = {}
    for number in range(KILLS):
        acknowledged |= await killed_while_writing(row, fresh_place, tenant, f"w{number}")
    store = row.open(fresh_place)
    graph = store.tenant(tenant)

    ties = await all_keys(graph, "Tie")
    entries = [e for after in range(0, 10_000, 100) for e in await graph.log(after, 100)]
    logged = {e.version: {c.ref for c in e.changes} for e in entries}

    assert len(acknowledged) >= KILLS * ACKNOWLEDGED
    assert set(acknowledged) <= ties
    assert await all_keys(graph, "Contact") == {f"{t}-{n}" for t in ties for n in (1, 2)}
    assert sorted(logged) == list(range(1, await graph.version() + 1))
    assert all(NodeRef("Tie", key) in logged[version] for key, version in acknowledged.items())
    assert {r.key for refs in logged.values() for r in refs if r.kind == "Tie"} == ties
    for kind in RECORDS:
        if kind not in ("Tie", "Contact"):
            assert await all_keys(graph, kind) == set()
    await store.close()


async def test_after_a_kill_writing_goes_on(row: StoreRow, fresh_place: str) -> None:
    tenant = new_tenant()
    await killed_while_writing(row, fresh_place, tenant, "killed")
    writer = await run_writer(row, fresh_place, tenant, "next", commits=3)

    out, errors = await writer.communicate()

    assert writer.returncode == 0, errors.decode()
    assert len(out.splitlines()) == 3
