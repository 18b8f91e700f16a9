"""A store's folder and files: who may open them, and what is refused."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from graph.errors import BadInput, StoreUnavailable
from graph.model import RECORDS, Contact, NodeRef
from graph.query import Compare, FindQuery, Op
from graph.sqlite import SqliteStore, files
from graph.sqlite import store as store_module
from graph.sqlite.tables import MIGRATIONS
from graph.store import Upsert

WANG = Upsert("Contact", "w", {"name": "王小明", "phones": ("+8613800138000",)})


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    made = SqliteStore(tmp_path / "store")
    yield made
    await made.close()


async def filled(folder: Path) -> Path:
    """The file of a tenant with one contact, closed."""
    store = SqliteStore(folder)
    await store.tenant("a").commit([WANG], actor="test")
    await store.close()
    return folder / "a.db"


async def refusal(folder: Path) -> str:
    """What a store says that cannot open the file of tenant `a`."""
    store = SqliteStore(folder)
    try:
        with pytest.raises(StoreUnavailable) as refused:
            await store.tenant("a").version()
        with pytest.raises(StoreUnavailable, match=r".") as again:
            await store.tenant("a").commit([WANG], actor="test")
    finally:
        await store.close()
    assert str(again.value) == str(refused.value)
    return str(refused.value)


async def test_what_was_committed_is_there_after_reopening(tmp_path: Path) -> None:
    await filled(tmp_path)

    store = SqliteStore(tmp_path)
    (contact,) = (await store.tenant("a").nodes("Contact", ["w"])).values()
    await store.close()

    assert isinstance(contact, Contact)
    assert contact.name == "王小明"


async def test_reading_an_absent_tenant_creates_no_file(store: SqliteStore) -> None:
    nobody = store.tenant("nobody")

    assert await nobody.version() == 0
    assert await nobody.nodes("Contact", ["w"]) == {}
    assert (await nobody.find(FindQuery("Contact", count=True))).total == 0
    assert await nobody.search("王", ["Contact"], 5) == []
    assert await nobody.log(0) == []
    assert [b async for b in nobody.scan("Contact")] == []
    assert await store.tenants() == []
    assert not list(store.folder.glob("*.db"))


async def test_tenants_are_those_with_data(store: SqliteStore) -> None:
    for tenant in ("b", "a"):
        await store.tenant(tenant).commit([WANG], actor="test")
    with pytest.raises(BadInput):
        await store.tenant("empty").commit([Upsert("Nothing", "k", {})], actor="test")
    (store.folder / "strange.db").write_text("no database at all, but 100 bytes long " * 3)
    (store.folder / "Not A Tenant.db").touch()

    assert await store.tenants() == ["a", "b", "strange"]


@pytest.mark.parametrize("tenant", ["", "A", "a/b", "../a", "-a", "a" * 65, "é", "a.db", "a\n"])
def test_a_tenant_id_is_no_path(tmp_path: Path, tenant: str) -> None:
    with pytest.raises(BadInput, match="is not a tenant id; use 1 to 64 of a-z, 0-9, _ and -"):
        SqliteStore(tmp_path).tenant(tenant)


async def test_a_second_store_on_the_folder_is_told_who_holds_it(tmp_path: Path) -> None:
    first, second = SqliteStore(tmp_path), SqliteStore(tmp_path)
    await first.ready()

    with pytest.raises(StoreUnavailable, match=f"in use by process {os.getpid()} on ") as refused:
        await second.ready()
    await first.close()
    await second.ready()
    await second.close()

    assert "end that one, or use a Neo4j store for several" in str(refused.value)


async def test_a_holder_who_cannot_be_asked_is_another_process(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "renmai.lock", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")

        with pytest.raises(StoreUnavailable, match="is in use by another process; a SQLite store"):
            await SqliteStore(tmp_path).ready()

        other.execute("ROLLBACK")


async def test_a_lock_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    lock = tmp_path / "renmai.lock"
    lock.write_bytes(b"PK\x03\x04" + bytes(5_000))

    with pytest.raises(StoreUnavailable) as refused:
        await SqliteStore(tmp_path).ready()

    assert str(refused.value) == (
        f"the store {lock} does not answer: it is not a SQLite database; "
        "move it out of the store's folder"
    )


async def test_a_file_that_can_be_written_but_not_read_is_opened_anew_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> sqlite3.Connection:
        raise StoreUnavailable(f"{path} is not readable today")

    store = SqliteStore(tmp_path)
    graph = store.tenant("a")
    staff = [Upsert("Staff", "s", {"name": "x"})]
    with monkeypatch.context() as patch:
        patch.setattr(store_module, "open_reader", refuse)
        with pytest.raises(StoreUnavailable, match="not readable today"):
            await graph.commit(staff, actor="test")

    receipt = await graph.commit(staff, actor="test")
    await store.close()

    assert receipt.version == 1


async def test_a_killed_process_leaves_no_lock(tmp_path: Path) -> None:
    program = (
        "import asyncio, os, pathlib, signal, sys\n"
        "from graph.sqlite import SqliteStore\n"
        "asyncio.run(SqliteStore(pathlib.Path(sys.argv[1])).ready())\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = await asyncio.create_subprocess_exec(sys.executable, "-c", program, str(tmp_path))
    await killed.wait()
    store = SqliteStore(tmp_path)

    await store.ready()
    await store.close()

    assert killed.returncode == -9


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(b"PK\x03\x04" + bytes(5_000))

    assert await refusal(tmp_path) == (
        f"the store {path} does not answer: it is not a SQLite database; "
        "move it out of the store's folder"
    )
    assert path.stat().st_size == 5_004


async def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as other:
        other.execute("CREATE TABLE bookmark (url TEXT)")

    assert "a.db is a SQLite database of another program; move it away" in await refusal(tmp_path)


async def test_a_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(await filled(tmp_path))) as newer:
        newer.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")

    assert "a.db was written by a newer version of renmai" in await refusal(tmp_path)


async def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = await filled(tmp_path)
    data = bytearray(path.read_bytes())
    data[100:8_000] = b"\xff" * 7_900
    path.write_bytes(data)

    assert "it is damaged; restore it from a backup" in await refusal(tmp_path)


async def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = SqliteStore(tmp_path / "file" / "store")

    with pytest.raises(StoreUnavailable, match="cannot be used: Not a directory; check the folder"):
        await store.ready()
    await store.close()


async def test_an_old_sqlite_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "OLDEST_SQLITE", (99, 0, 0))

    store = SqliteStore(tmp_path)
    with pytest.raises(StoreUnavailable, match=r"is too old; renmai needs 99.0.0 or newer"):
        await store.ready()
    await store.close()


async def test_fields_added_to_records_are_added_to_older_files(tmp_path: Path) -> None:
    path = await filled(tmp_path)
    with closing(sqlite3.connect(path)) as older:
        for index in ("Contact.birthplace", "Contact.created_at"):
            older.execute(f'DROP INDEX "{index}"')
        for column in ("birthplace", "birthday_calendar", "circles"):
            older.execute(f"ALTER TABLE Contact DROP COLUMN {column}")
        older.commit()

    store = SqliteStore(tmp_path)
    graph = store.tenant("a")
    (old,) = (await graph.nodes("Contact", ["w"])).values()
    await graph.commit([Upsert("Contact", "n", {"name": "New", "birthplace": "宁波"})], actor="t")
    (new,) = (await graph.nodes("Contact", ["n"])).values()
    solar = RECORDS["Contact"].fields["birthday_calendar"].default
    same = await graph.find(FindQuery("Contact", Compare("birthday_calendar", Op.EQ, solar)))
    await store.close()

    assert isinstance(old, Contact)
    assert isinstance(new, Contact)
    assert (old.name, old.birthplace, old.circles) == ("王小明", None, ())
    assert (new.name, new.birthplace, new.circles) == ("New", "宁波", ())
    assert [r.key for r in same.items] == ["n", "w"]


async def test_other_search_rules_index_anew(tmp_path: Path) -> None:
    with closing(sqlite3.connect(await filled(tmp_path))) as older:
        older.execute("UPDATE search_rules SET rules = 'older ones'")
        older.execute("UPDATE search SET terms = 'nonsense'")
        older.execute("DELETE FROM search_term")
        older.commit()

    store = SqliteStore(tmp_path)
    hits = await store.tenant("a").search("wxm", ["Contact"], 5)
    await store.close()

    assert [(h.node.ref, h.score) for h in hits] == [(NodeRef("Contact", "w"), 1.0)]


async def test_the_write_ahead_log_is_empty_after_closing(tmp_path: Path) -> None:
    path = await filled(tmp_path)

    assert not path.with_name("a.db-wal").exists()
    with closing(sqlite3.connect(path)) as plain:
        assert plain.execute("PRAGMA application_id").fetchone() == (files.APPLICATION_ID,)
        assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    graph = store.tenant("a")
    await graph.commit([WANG], actor="test")
    await store.close()
    await store.close()

    for call in (graph.version(), graph.commit([WANG], actor="test"), store.ready()):
        with pytest.raises(StoreUnavailable, match="was closed; open it again"):
            await call
