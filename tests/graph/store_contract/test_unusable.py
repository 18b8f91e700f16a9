"""What a store says when it cannot be used: what is wrong and what helps, never a password."""

import sqlite3
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from graph.errors import BadInput, DomainError, StoreUnavailable, Unauthenticated
from graph.neo4j_store import Neo4jStore
from graph.sqlite import SqliteStore
from graph.store import Store, Upsert
from tests.graph.conftest import new_tenant
from tests.graph.store_contract.processes import run_writer
from tests.graph.stores import STORES, StoreRow

SECRET = "Geheim-王-%40"


async def failure(store: Store, tenant: str = "t") -> DomainError:
    """What a commit says, and the same of reading and of `ready` if they fail."""
    with pytest.raises(DomainError) as failed:
        await store.tenant(tenant).commit([Upsert("Staff", "s", {"name": "x"})], actor="tests")
    await store.close()
    return failed.value


async def write(store: Store, tenant: str = "t") -> None:
    await store.tenant(tenant).commit([Upsert("Staff", "s", {"name": "x"})], actor="tests")
    await store.close()


async def test_a_closed_store_says_so(row: StoreRow, fresh_place: str) -> None:
    store = row.open(fresh_place)
    tenant = store.tenant(new_tenant())
    await tenant.commit([Upsert("Staff", "s", {"name": "x"})], actor="tests")
    await store.close()

    with pytest.raises(StoreUnavailable):
        await tenant.version()
    with pytest.raises(StoreUnavailable):
        await tenant.commit([Upsert("Staff", "s", {"name": "y"})], actor="tests")


async def test_a_store_may_be_closed_twice_and_before_use(row: StoreRow, fresh_place: str) -> None:
    store = row.open(fresh_place)
    await store.close()
    await store.close()


async def test_what_was_written_is_there_when_the_store_is_opened_again(
    row: StoreRow, fresh_place: str
) -> None:
    tenant = new_tenant()
    await write(row.open(fresh_place), tenant)

    store = row.open(fresh_place)
    assert await store.tenant(tenant).version() == 1
    assert tenant in await store.tenants()
    await store.close()


# -- SQLite


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.db").write_bytes(b"PK\x03\x04 not a database" * 100)

    error = await failure(SqliteStore(tmp_path))

    assert isinstance(error, StoreUnavailable)
    assert str(error) == (
        f"the store {tmp_path}/t.db does not answer: "
        "it is not a SQLite database; move it out of the store's folder"
    )
    assert (tmp_path / "t.db").read_bytes().startswith(b"PK")


async def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "t.db") as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()

    error = await failure(SqliteStore(tmp_path))

    assert str(error) == (
        f"{tmp_path}/t.db is a SQLite database of another program; "
        "move it away or name another folder for the store"
    )
    with sqlite3.connect(tmp_path / "t.db") as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]
    other.close()


async def test_a_file_from_a_newer_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    await write(SqliteStore(tmp_path))
    with sqlite3.connect(tmp_path / "t.db") as newer:
        newer.execute("PRAGMA user_version = 4711")
    newer.close()
    before = (tmp_path / "t.db").read_bytes()

    error = await failure(SqliteStore(tmp_path))

    assert isinstance(error, StoreUnavailable)
    assert "newer" in str(error)
    assert f"{tmp_path}/t.db" in str(error)
    assert (tmp_path / "t.db").read_bytes() == before


async def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    await write(SqliteStore(tmp_path))
    whole = (tmp_path / "t.db").read_bytes()
    (tmp_path / "t.db").write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))

    error = await failure(SqliteStore(tmp_path))

    assert isinstance(error, StoreUnavailable)
    assert "it is damaged; restore it from a backup" in str(error)


async def test_a_second_process_is_refused_while_the_first_writes(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    await store.ready()

    second = await run_writer(STORES["sqlite"], str(tmp_path), "t", "second", commits=1)
    _, errors = await second.communicate()
    await store.close()
    third = await run_writer(STORES["sqlite"], str(tmp_path), "t", "third", commits=1)
    await third.communicate()

    assert second.returncode == 1
    assert f"the store {tmp_path} is in use by process " in errors.decode()
    assert "use a Neo4j store for several" in errors.decode()
    assert third.returncode == 0


async def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")

    store = SqliteStore(tmp_path / "file")
    with pytest.raises(StoreUnavailable, match=str(tmp_path / "file")):
        await store.ready()
    await store.close()


async def test_reading_creates_no_file(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store")
    assert await store.tenant("t").version() == 0
    assert await store.tenants() == []
    await store.close()

    assert not (tmp_path / "store" / "t.db").exists()


# -- Neo4j


@pytest.mark.neo4j
async def test_a_wrong_password_is_told_without_saying_it(neo4j_url: str) -> None:
    parts = urlsplit(neo4j_url)
    store = Neo4jStore(f"bolt://{parts.hostname}:{parts.port}", "neo4j", SECRET)

    with pytest.raises(Unauthenticated) as refused:
        await store.ready()
    await store.close()

    assert str(refused.value) == (
        f"Neo4j at {parts.hostname}:{parts.port} refuses 'neo4j' with this password; "
        "check the user and the password of the store"
    )
    assert SECRET not in repr(refused.value) + str(refused.value)


@pytest.mark.neo4j
async def test_a_database_that_does_not_exist_is_named(neo4j_url: str) -> None:
    parts = urlsplit(neo4j_url)
    store = Neo4jStore(
        f"bolt://{parts.hostname}:{parts.port}",
        parts.username or "",
        parts.password or "",
        database="nope",
    )

    with pytest.raises(StoreUnavailable) as refused:
        await store.ready()
    await store.close()

    assert str(refused.value) == (
        f"Neo4j at {parts.hostname}:{parts.port} has no database 'nope'; "
        "name one that it has (neo4j, unless somebody renamed it)"
    )


@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
async def test_a_server_that_does_not_answer_is_named(scheme: str) -> None:
    """Port 1 is nobody's."""
    store = Neo4jStore(f"{scheme}://127.0.0.1:1", "neo4j", SECRET, retry_s=0.1)

    with pytest.raises(StoreUnavailable) as refused:
        await store.ready()
    with pytest.raises(StoreUnavailable):
        await store.tenant("t").commit([Upsert("Staff", "s", {"name": "x"})], actor="tests")
    await store.close()

    assert str(refused.value) == (
        "Neo4j does not answer at 127.0.0.1:1; start it, or correct host and port"
    )
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        f"bolt://neo4j:{SECRET}@127.0.0.1:7687",
        f"http://neo4j:{SECRET}@127.0.0.1:7687",
        f"bolt://neo4j:{SECRET}@127.0.0.1:port",
        "bolt://",
        "localhost:7687",
        "",
    ],
)
def test_a_url_that_is_none_of_a_server_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(BadInput, match="write it as in bolt://localhost:7687") as refused:
        Neo4jStore(url, "neo4j", SECRET)

    assert SECRET not in str(refused.value)
