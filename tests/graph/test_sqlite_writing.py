"""The writer: groups of commits, what one of them refuses, and what a failing disk does."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from contextlib import closing
from pathlib import Path

import pytest

from graph.errors import BadInput, CommitRejected, Conflict, StoreUnavailable
from graph.model import NodeRef, Referral
from graph.model.words import ReferralStatus
from graph.sqlite import SqliteStore, writing
from graph.sqlite.committing import Commit, current_version
from graph.sqlite.files import open_reader, open_writer
from graph.sqlite.writing import Writer
from graph.store import Action, Change, Delete, Mode, Receipt, Upsert

ROOT = Path(__file__).parents[2]


def contact(key: str, name: str = "A", **more: object) -> Upsert:
    return Upsert("Contact", key, {"name": name, **more})


def one(*changes: Change, key: str | None = None) -> Commit:
    return Commit(changes, "test", key)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.db"


@pytest.fixture
def connection(path: Path) -> sqlite3.Connection:
    return open_writer(path)


@pytest.fixture
def writer(path: Path, connection: sqlite3.Connection) -> Iterator[Writer]:
    made = Writer(path, connection)
    yield made
    made.close()


def held(writer: Writer, path: Path, *commits: Commit) -> list[Future[Receipt]]:
    """Commits that come while another program writes, so that they wait and go together."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        first = writer.submit(one(contact("held")))
        futures = [writer.submit(c) for c in commits]
        other.execute("ROLLBACK")
    first.result(20)
    return futures


def test_waiting_commits_get_versions_in_their_order(writer: Writer, path: Path) -> None:
    futures = held(writer, path, *(one(contact(f"c{i}")) for i in range(20)))

    assert [f.result(20).version for f in futures] == list(range(2, 22))


def test_a_refused_commit_harms_no_neighbour(writer: Writer, path: Path) -> None:
    clash = Upsert("Contact", "a", {"name": "B"}, Mode.CREATE)
    good, refused, wrong, after = held(
        writer,
        path,
        one(contact("a")),
        one(contact("new"), clash),
        one(contact("b", "half \ud83d of a character")),
        one(contact("c")),
    )

    assert good.result(20).version == 2
    with pytest.raises(CommitRejected, match="Contact 'a' exists already"):
        refused.result(20)
    with pytest.raises(BadInput, match=r"half of a character \(U\+D83D\); remove it"):
        wrong.result(20)
    assert after.result(20).version == 3
    with closing(open_reader(path)) as reader:
        keys = reader.execute("SELECT key FROM Contact ORDER BY key").fetchall()
        found = reader.execute("SELECT key FROM search ORDER BY key").fetchall()
    assert keys == [("a",), ("c",), ("held",)]
    assert found == keys


def test_a_commit_cancelled_while_it_waits_is_not_made(writer: Writer, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writer.submit(one(contact("first")))
        second = writer.submit(one(contact("second")))
        third = writer.submit(one(contact("third")))
        # the first may have been taken already, and with it those that waited then
        cancelled = second.cancel()
        other.execute("ROLLBACK")
    third.result(20)

    with closing(open_reader(path)) as reader:
        keys = {key for (key,) in reader.execute("SELECT key FROM Contact")}
    assert keys == {"first", "third"} | (set() if cancelled else {"second"})
    if cancelled:
        with pytest.raises(CancelledError):
            second.result(20)


def test_a_full_disk_fails_the_commit_and_not_the_next(
    writer: Writer, path: Path, connection: sqlite3.Connection
) -> None:
    writer.submit(one(contact("a"))).result(20)
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages + 2}").fetchone()
    large = one(*(contact(f"x{i}", "N" * 200) for i in range(300)))

    with pytest.raises(StoreUnavailable, match="the disk is full; free some space") as failed:
        writer.submit(large).result(20)
    connection.execute(f"PRAGMA max_page_count = {pages + 10_000}").fetchone()

    assert isinstance(failed.value.__cause__, sqlite3.Error)
    assert writer.submit(large).result(20).version == 2


def test_a_database_locked_by_another_program_says_so(
    writer: Writer, path: Path, connection: sqlite3.Connection
) -> None:
    writer.submit(one(contact("a"))).result(20)
    connection.execute("PRAGMA busy_timeout = 0")

    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="it is locked by another program; close that"):
            writer.submit(one(contact("b"))).result(20)
        other.execute("ROLLBACK")

    assert writer.submit(one(contact("b"))).result(20).version == 2


class Fault(RuntimeError):
    """What nobody expected."""


def test_a_writer_outlives_a_failure_after_its_commits(
    writer: Writer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The system refuses to tell the size of the log."""

    def refuse(_writer: Writer) -> None:
        raise PermissionError(13, "no")

    with monkeypatch.context() as patch:
        patch.setattr(Writer, "_keep_log_short", refuse)
        first = writer.submit(one(contact("a"))).result(20)
        second = writer.submit(one(contact("b"))).result(20)
    third = writer.submit(one(contact("c"))).result(20)

    assert [r.version for r in (first, second, third)] == [1, 2, 3]
    assert "the writer of " in caplog.text
    assert "PermissionError" in caplog.text


def test_a_writer_outlives_a_failure_in_the_middle_and_tells_those_who_wait(
    writer: Writer, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_one = Writer._make_one

    def fail(self: Writer, commit: Commit, future: Future[Receipt]) -> object:
        answer = make_one(self, commit, future)
        if commit.actor == "fault":
            raise Fault("inner words")
        return answer

    monkeypatch.setattr(Writer, "_make_one", fail)
    writer.submit(one(contact("a"))).result(20)
    fault = writer.submit(Commit((contact("b"),), "fault", None))

    with pytest.raises(StoreUnavailable) as failed:
        fault.result(20)
    assert str(failed.value) == (
        f"the store {path} could not write: Fault; nothing of this was written: "
        "try again, and look into the log if it stays so"
    )
    assert isinstance(failed.value.__cause__, Fault)
    assert writer.submit(one(contact("c"))).result(20).version == 2
    with closing(open_reader(path)) as reader:
        keys = reader.execute("SELECT key FROM Contact ORDER BY key").fetchall()
    assert keys == [("a",), ("c",)]


def test_a_failure_while_the_end_is_near_still_ends(
    path: Path, connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_writer: Writer, _group: object) -> bool:
        raise Fault

    monkeypatch.setattr(Writer, "_make_all", fail)
    writer = Writer(path, connection)
    future = writer.submit(one(contact("a")))

    writer.close()

    with pytest.raises(StoreUnavailable, match="could not write: Fault"):
        future.result(0)


@pytest.mark.parametrize("suffix", ["", "-wal"])
def test_a_file_removed_in_use_is_told_and_works_once_it_is_back(
    writer: Writer, path: Path, suffix: str
) -> None:
    writer.submit(one(contact("a"))).result(20)
    file = Path(f"{path}{suffix}")
    aside = file.with_name("aside")

    file.rename(aside)
    with pytest.raises(StoreUnavailable) as removed:
        writer.submit(one(contact("b"))).result(20)
    file.write_bytes(b"")
    with pytest.raises(StoreUnavailable, match="was replaced while the store was in use"):
        writer.submit(one(contact("b"))).result(20)
    aside.rename(file)

    assert str(removed.value) == (
        f"{file} was removed while the store was in use; "
        "stop renmai, put the file back or restore a backup, and start it again"
    )
    assert writer.submit(one(contact("b"))).result(20).version == 2


async def test_a_store_whose_file_is_gone_is_not_ready(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    graph = store.tenant("a")
    await graph.commit([contact("a")], actor="test")
    await store.ready()

    graph.path.rename(tmp_path / "aside")

    with pytest.raises(StoreUnavailable, match=r"a\.db was removed while the store was in use"):
        await store.ready()
    await store.close()


def test_a_damaged_file_fails_the_commit_and_does_not_hang(
    writer: Writer, path: Path, connection: sqlite3.Connection
) -> None:
    many = one(*(contact(f"x{i}", "N" * 500) for i in range(400)))
    writer.submit(many).result(20)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.execute("PRAGMA cache_size = 0")
    with path.open("r+b") as file:
        file.seek(8 * 4096)
        file.write(b"\xff" * (path.stat().st_size - 8 * 4096))

    with pytest.raises(StoreUnavailable, match="it is damaged; restore it from a backup"):
        writer.submit(one(*(contact(f"x{i}", "M") for i in range(400)))).result(20)


FULL_DISK = """
import asyncio, resource, signal, sys
from pathlib import Path
from graph.errors import StoreUnavailable
from graph.sqlite import SqliteStore
from graph.store import Upsert

async def main():
    graph = SqliteStore(Path(sys.argv[1])).tenant("a")
    await graph.commit([Upsert("Contact", "small", {"name": "A"})], actor="test")
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
    large = [Upsert("Contact", f"x{i}", {"name": "N" * 200}) for i in range(2000)]
    try:
        await graph.commit(large, actor="test")
    except StoreUnavailable as error:
        print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print(await graph.version(), (await graph.commit(large, actor="test")).version)
    await graph._store.close()

asyncio.run(main())
"""


def test_a_disk_that_takes_no_more_fails_one_commit_and_harms_nothing(tmp_path: Path) -> None:
    """For real: the system refuses to let the files grow, and then allows it again."""
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
        check=False,
    )

    told, versions = done.stdout.splitlines()
    assert told == (
        f"the store {tmp_path}/a.db does not answer: "
        "the disk failed to read or write; check the disk, and the room on it"
    )
    assert versions == "1 2"


def test_closing_makes_what_waits(path: Path, connection: sqlite3.Connection) -> None:
    writer = Writer(path, connection)
    futures = [writer.submit(one(contact(f"c{i}"))) for i in range(10)]

    writer.close()

    assert [f.result(0).version for f in futures] == list(range(1, 11))
    with pytest.raises(StoreUnavailable, match="was closed; open it again"):
        writer.submit(one(contact("late")))


def test_the_log_is_emptied_at_quiet_moments(
    path: Path, connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "QUIET_S", 0.02)
    writer = Writer(path, connection)
    wal = path.with_name("a.db-wal")
    reader = open_reader(path)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM Contact").fetchone()
    writer.submit(one(contact("a"))).result(20)

    assert wal.stat().st_size > 0
    reader.close()  # a reader in the middle of the log keeps it; then it goes
    for _ in range(500):
        if wal.stat().st_size == 0:
            break
        time.sleep(0.01)
    assert wal.stat().st_size == 0
    writer.close()


def test_the_log_stays_short_while_commits_wait(
    writer: Writer, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "LARGEST_LOG", 100_000)
    for number in range(60):
        writer.submit(one(*(contact(f"c{number}-{i}") for i in range(10)))).result(20)

    assert path.with_name("a.db-wal").stat().st_size < 2_000_000
    with closing(open_reader(path)) as reader:
        assert current_version(reader) == 60


def test_an_idempotency_key_gives_the_first_answer_again(writer: Writer) -> None:
    first = writer.submit(one(contact("a"), key="k")).result(20)
    again = writer.submit(one(contact("a"), key="k")).result(20)
    unchanged = writer.submit(one(contact("a"))).result(20)
    kept = writer.submit(one(contact("a"), key="other")).result(20)

    assert (first.version, first.replayed) == (1, False)
    assert (again.version, again.replayed, again.outcomes) == (1, True, first.outcomes)
    assert (unchanged.version, unchanged.outcomes[0].action) == (1, Action.UNCHANGED)
    assert (kept.version, kept.outcomes[0].action) == (2, Action.UNCHANGED)
    with pytest.raises(Conflict, match="the idempotency key 'k' was used with other changes"):
        writer.submit(one(contact("b"), key="k")).result(20)


def referral(key: str, target: str, status: ReferralStatus, source: str = "a") -> Upsert:
    ends = {"source": NodeRef("Contact", source), "target": NodeRef("Contact", target)}
    return Upsert("Referral", key, {**ends, "status": status})


async def test_a_claim_let_go_can_be_taken_in_the_same_commit(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    graph = store.tenant("a")
    pending, lost = ReferralStatus.PENDING, ReferralStatus.LOST
    await graph.commit(
        [*(contact(k) for k in "abc"), referral("r1", "b", pending), referral("r2", "b", lost)],
        actor="test",
    )

    swap = [
        Upsert("Referral", "r1", {"status": lost}),
        Upsert("Referral", "r2", {"status": pending}),
    ]
    receipt = await graph.commit(swap[::-1], actor="test")
    with pytest.raises(CommitRejected, match=r"this party already has an open referral"):
        await graph.commit([referral("r3", "b", pending)], actor="test")
    await graph.commit([Delete("Referral", "r2"), referral("r3", "b", pending)], actor="test")
    found = await graph.nodes("Referral", ["r1", "r2", "r3"])
    await store.close()

    assert receipt.version == 2
    states = {k: r.status for k, r in found.items() if isinstance(r, Referral)}
    assert states == {"r1": lost, "r3": pending}


async def test_search_follows_changes_of_names(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    graph = store.tenant("a")

    async def hits(text: str) -> list[str]:
        return [h.node.key for h in await graph.search(text, ["Contact"], 5)]

    await graph.commit([contact("a", "王小明"), contact("b", "李雷")], actor="test")
    await graph.commit([contact("a", "张三"), contact("b", "李雷", region="北京")], actor="test")
    assert [await hits(t) for t in ("王", "wxm", "xiaom", "张三", "lilei")] == [
        [],
        [],
        [],
        ["a"],
        ["b"],
    ]
    await graph.commit([Delete("Contact", "a")], actor="test")
    assert await hits("张三") == []
    await store.close()


async def test_a_cancelled_caller_leaves_no_half_commit(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    graph = store.tenant("a")
    await graph.commit([contact("a")], actor="test")
    changes = [contact(f"c{i}") for i in range(50)]

    for number in range(30):
        task = asyncio.ensure_future(graph.commit(changes, actor="test"))
        await asyncio.sleep(number * 0.0002)
        task.cancel()
        await asyncio.wait([task])
        present = len(await graph.nodes("Contact", [c.key for c in changes]))
        await graph.commit([Delete("Contact", c.key) for c in changes], actor="test")
        assert present in (0, 50)
    versions = [e.version for e in await graph.log(0, 1_000)]
    await store.close()

    assert versions == list(range(1, len(versions) + 1))
