from __future__ import annotations

import csv
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from graph.errors import BadInput, Conflict
from graph.exporting import MANIFEST, export_folder
from graph.generating import generate
from graph.importing import Progress, import_folder
from graph.model import RECORDS, NodeRef, Record
from graph.model.codec import columns, decoder
from graph.model.words import ReferralStatus, Sex
from graph.sqlite import SqliteStore
from graph.store import Delete, TenantGraph, Upsert
from tests.graph.stores import STORES

TRICKY = 'line one\r\nline "two", a\rb\nend'


@asynccontextmanager
async def opened(name: str, request: pytest.FixtureRequest) -> AsyncIterator[TenantGraph]:
    """An empty graph in a store of that name."""
    if STORES[name].server:
        place = str(request.getfixturevalue("neo4j_url"))
    else:
        place = str(request.getfixturevalue("tmp_path") / name)
    store = STORES[name].open(place)
    await store.ready()
    yield store.tenant(f"t-{uuid.uuid4().hex}")
    await store.close()


async def everything(graph: TenantGraph) -> dict[NodeRef, Record]:
    found: dict[NodeRef, Record] = {}
    for info in RECORDS.values():
        decode = decoder(info.name)
        async for batch in graph.scan(info.name):
            for row in zip(*(batch.columns[c] for c in columns(info)), strict=True):
                record = decode(row)
                found[record.ref] = record
    return found


async def fill(graph: TenantGraph) -> None:
    """Generated data, texts that are hard to write, history, and something deleted."""
    for kinds in (("Staff", "Good", "Organization", "Contact", "Customer"), None):
        data = generate(customers=30, contacts=40, seed=3)
        await graph.commit(
            [u for u in data if (u.kind in kinds if kinds else "-" in u.key)], actor="t"
        )
    await graph.commit(
        [
            Upsert(
                "Contact",
                "\\N",
                {
                    "name": '  \\back, "slash"'.strip(),
                    "sex": Sex.OTHER,
                    "qq": "",
                    "weibo": "\\",
                    "wechat": "=1+1",
                    "hobbies": ("a,b", '"', "\\"),
                    "custom": {"n": 1, "x": 0.1, "t": "", "b": True, "none": None, "名": "值"},
                },
            ),
            Upsert("Customer", "z", {"name": "Z", "address": TRICKY, "trust": 0.1 + 0.2}),
            Upsert("Customer", "y", {"name": "Y", "founded_on": date(1, 1, 1)}),
            Upsert(
                "Referral",
                "r",
                {
                    "source": NodeRef("Contact", "\\N"),
                    "target": NodeRef("Customer", "z"),
                    "status": ReferralStatus.LOST,
                    "at": datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
                    "note": TRICKY,
                },
            ),
        ],
        actor="t",
    )
    await graph.commit([Upsert("Customer", "z", {"size": "big"})], actor="t")
    await graph.commit([Delete("Customer", "y")], actor="t")


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("sqlite", "sqlite"),
        pytest.param("sqlite", "neo4j", marks=pytest.mark.neo4j),
        pytest.param("neo4j", "sqlite", marks=pytest.mark.neo4j),
    ],
)
async def test_an_export_imported_elsewhere_gives_an_equal_graph(
    source: str, target: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    async with opened(source, request) as graph:
        await fill(graph)
        counts = await export_folder(graph, tmp_path / "out")
        before = await everything(graph)
    if (tmp_path / "sqlite").exists():
        (tmp_path / "sqlite").rename(tmp_path / "source")

    async with opened(target, request) as graph:
        report = await import_folder("renmai", tmp_path / "out", graph)
        after = await everything(graph)
        again = await import_folder("renmai", tmp_path / "out", graph, strict=True)

    assert report.rejections == []
    assert after == before
    assert before[NodeRef("Customer", "z")].revision == 2
    assert (report.rejected, report.written) == (0, sum(counts.values()))
    assert (again.written, again.version) == (0, report.version)


@pytest.fixture
async def graph(tmp_path: Path) -> AsyncIterator[TenantGraph]:
    store = SqliteStore(tmp_path / "store")
    yield store.tenant("acme")
    await store.close()


async def test_every_kind_has_a_file_and_the_manifest_tells_the_version(
    graph: TenantGraph, tmp_path: Path
) -> None:
    await graph.commit([Upsert("Good", "g", {"name": "Tea"})], actor="t")
    seen: list[Progress] = []

    counts = await export_folder(graph, tmp_path / "a" / "out", progress=seen.append)

    folder = tmp_path / "a" / "out"
    assert {p.name for p in folder.iterdir()} == {
        MANIFEST,
        *(f"{info.plural}.csv" for info in RECORDS.values()),
    }
    assert counts == {kind: int(kind == "Good") for kind in RECORDS}
    assert orjson.loads((folder / MANIFEST).read_bytes()) == {
        "format": 1,
        "tenant": "acme",
        "versions": [1, 1],
        "records": counts,
    }
    assert seen == [Progress("Good", "goods.csv", 1)]


async def test_cells_are_for_people_too(graph: TenantGraph, tmp_path: Path) -> None:
    at = datetime(2026, 5, 1, 9, 30, tzinfo=UTC)
    await graph.commit(
        [
            Upsert("Customer", "c", {"name": "C", "phones": ("+8613800138000",)}),
            Upsert("Purchase", "p", {"customer_key": "c", "at": at, "amount_minor": 1_250}),
        ],
        actor="t",
    )

    await export_folder(graph, tmp_path / "out")

    def only(name: str) -> dict[str, str]:
        with (tmp_path / "out" / name).open(encoding="utf-8", newline="") as file:
            (row,) = csv.DictReader(file)
        return row

    assert tuple(only("purchases.csv")) == columns(RECORDS["Purchase"])
    purchase = only("purchases.csv")
    assert (purchase["at"], purchase["amount_minor"], purchase["paid_minor"]) == (
        "2026-05-01T09:30:00+00:00",
        "1250",
        "",
    )
    assert only("customers.csv")["phones"] == '["+8613800138000"]'


async def test_a_former_export_is_replaced_and_files_of_others_are_not(
    graph: TenantGraph, tmp_path: Path
) -> None:
    await graph.commit([Upsert("Good", "g", {"name": "Tea"})], actor="t")
    await export_folder(graph, tmp_path / "ours")
    (tmp_path / "ours" / "notes.txt").write_text("mine")
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "goods.csv").write_text("mine")

    await graph.commit([Upsert("Good", "h", {"name": "Coffee"})], actor="t")
    counts = await export_folder(graph, tmp_path / "ours")

    assert counts["Good"] == 2
    assert (tmp_path / "ours" / "notes.txt").read_text() == "mine"
    with pytest.raises(Conflict, match=r"goods\.csv is there and no export wrote it"):
        await export_folder(graph, tmp_path / "theirs")
    assert (tmp_path / "theirs" / "goods.csv").read_text() == "mine"


async def test_files_of_others_are_written_beside_only_when_told_so(
    graph: TenantGraph, tmp_path: Path
) -> None:
    await graph.commit([Upsert("Good", "g", {"name": "Tea"})], actor="t")
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    (ours / ".hidden").touch()
    (ours / "goods.csv.part").touch()  # of an export that was killed
    theirs.mkdir()
    (theirs / "taxes.csv").write_text("mine")

    assert (await export_folder(graph, ours))["Good"] == 1

    with pytest.raises(Conflict, match=r"such as taxes\.csv; choose an empty folder"):
        await export_folder(graph, theirs)
    assert [path.name for path in theirs.iterdir()] == ["taxes.csv"]
    counts = await export_folder(graph, theirs, beside=True)

    assert counts["Good"] == 1
    assert (theirs / "taxes.csv").read_text() == "mine"


async def test_a_failure_leaves_the_former_export_whole(graph: TenantGraph, tmp_path: Path) -> None:
    await graph.commit([Upsert("Good", "g", {"name": "Tea"})], actor="t")
    await export_folder(graph, tmp_path / "out")
    before = {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()}

    def fail(_progress: Progress) -> None:
        raise KeyboardInterrupt

    await graph.commit([Upsert("Good", "h", {"name": "Coffee"})], actor="t")
    with pytest.raises(KeyboardInterrupt):
        await export_folder(graph, tmp_path / "out", progress=fail)

    assert {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()} == before


async def test_a_folder_that_cannot_be_made_is_refused(graph: TenantGraph, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")

    with pytest.raises(BadInput, match=r"cannot be written: Not a directory"):
        await export_folder(graph, tmp_path / "file" / "out")


GOODS = "key,created_at,updated_at,revision,custom,name,category\n"


@pytest.mark.parametrize(
    ("name", "content", "column", "reason"),
    [
        ("goods", GOODS + 'g,,,,"{",Tea,\n', "custom", "'{' is not what an export writes"),
        ("goods", GOODS + 'g,,,,"[1]",Tea,\n', "custom", "'[1]' is not what an export writes"),
        ("goods", GOODS + "g,2026-01-01,2026-01-01,1,,Tea,\n", "created_at", "is not what"),
        ("goods", GOODS + "g,x,,,,Tea,\n", "created_at", "'x' is not what an export writes"),
        (
            "goods",
            GOODS + "g,2026-01-01T00:00:00Z,2026-01-01T00:00:00Z,0,,Tea,\n",
            "revision",
            "'0' is not what an export writes for revision; restore it",
        ),
        ("goods", GOODS + "g,,,,,,\n", "name", "may not be null"),
        ("goods", GOODS + ",,,,,Tea,\n", "key", "None: must be a text"),
        ("goods", GOODS + "g\n", "created_at", "the row ends before this column"),
        ("goods", GOODS + "a,,,,,Tea,\na,,,,,Tea,\n", "key", "'a' stands in line 2 already"),
        ("contacts", "key,name,sex\nc,C,MALL\n", "sex", "'MALL' is not what an export writes"),
        ("contacts", "key,name,hobbies\nc,C,{}\n", "hobbies", "'{}' is not what an export"),
    ],
)
async def test_a_row_that_no_export_wrote_is_told(
    graph: TenantGraph, tmp_path: Path, name: str, content: str, column: str, reason: str
) -> None:
    (tmp_path / f"{name}.csv").write_text(content)

    report = await import_folder("renmai", tmp_path, graph)

    (told,) = report.rejections
    assert told.column == column
    assert reason in told.reason


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("goods.csv", "key,name,colour\n", "a column 'colour' that no Good has; it has key"),
        ("ties.csv", "key,kind\n", r"ties\.csv has no column 'source_kind'"),
        ("other.csv", "a\n", "holds no export of renmai; looked for referrals.csv"),
    ],
)
async def test_a_folder_that_is_no_export_is_refused(
    graph: TenantGraph, tmp_path: Path, name: str, content: str, message: str
) -> None:
    (tmp_path / name).write_text(content)

    with pytest.raises(BadInput, match=message):
        await import_folder("renmai", tmp_path, graph)
    with pytest.raises(BadInput, match="is not a folder; give the folder of an export"):
        await import_folder("renmai", tmp_path / "no", graph)


async def test_columns_may_be_left_out_and_stamps_are_then_new(
    graph: TenantGraph, tmp_path: Path
) -> None:
    (tmp_path / "goods.csv").write_text("key,name\ng,Tea\n")

    await import_folder("renmai", tmp_path, graph)

    good = (await graph.nodes("Good", ["g"]))["g"]
    assert datetime.now(UTC) - good.created_at < timedelta(minutes=5)
