from __future__ import annotations

import tomllib
from collections.abc import Mapping

import pytest

from graph.errors import BadInput
from graph.importing import ImportMapping, Progress, import_folder
from graph.importing import report as report_module
from graph.model import NodeRef
from graph.store import TenantGraph, Upsert
from tests.graph.importing.conftest import Files

MAPPING = ImportMapping.model_validate(
    tomllib.loads("""
[files]
people.name = "people*.csv"
referrals.name = "referrals.csv"

[[records]]
kind = "Referral"
file = "referrals"
key = "{id}"
source = { kind = "Customer", key = "{by}" }
target = { kind = "Customer", key = "{of}" }
[records.fields]
status = "status"

[[records]]
kind = "Customer"
file = "people"
key = "{id}"
where = { skip = "" }
[records.fields]
name = "name"
""")
)
PEOPLE = "id,name,skip\na,A,\nb,B,\nc,C,\nd,D,x\n"
GOOD: Mapping[str, str] = {
    "people.csv": PEOPLE,
    "referrals.csv": "id,by,of,status\n1,a,b,PENDING\n2,b,c,CONVERTED\n",
}
BAD: Mapping[str, str] = {
    "people.csv": "id,name,skip\na,A,\nb,,\nc,C,\nd\n",
    "referrals.csv": (
        "id,by,of,status\n1,a,b,PENDING\n2,a,c,PENDING\n3,a,c,CONTACTED\n4,c,c,LOST\n5,c,a,LOST\n"
    ),
}


def numbers(found: report_module.Report) -> list[tuple[str, int, int, int, int, int, int]]:
    return [
        (p.kind, p.rows, p.skipped, p.created, p.updated, p.unchanged, p.rejected)
        for p in found.parts
    ]


async def test_an_import_writes_in_the_order_that_ends_need(
    files: Files, target: TenantGraph
) -> None:
    found = await import_folder(MAPPING, files(GOOD), target)

    assert numbers(found) == [("Customer", 4, 1, 3, 0, 0, 0), ("Referral", 2, 0, 2, 0, 0, 0)]
    assert (found.applied, found.version, found.written) == (True, 2, 5)


async def test_a_second_run_changes_nothing_and_a_changed_row_alone_is_written(
    files: Files, target: TenantGraph
) -> None:
    await import_folder(MAPPING, files(GOOD), target)

    same = await import_folder(MAPPING, files({}), target)
    changed = await import_folder(
        MAPPING, files({"people.csv": PEOPLE.replace("c,C", "c,Z")}), target
    )

    assert (same.written, same.unchanged, same.version) == (0, 5, 2)
    assert numbers(changed)[0] == ("Customer", 4, 1, 0, 1, 2, 0)
    assert changed.version == 3


@pytest.mark.parametrize("batch", [1, 2, 2_000])
async def test_refused_rows_are_told_by_line_and_the_others_written(
    files: Files, target: TenantGraph, batch: int
) -> None:
    found = await import_folder(MAPPING, files(BAD), target, batch=batch)

    assert numbers(found) == [("Customer", 4, 0, 2, 0, 0, 2), ("Referral", 5, 0, 2, 0, 0, 3)]
    told = {(r.file, r.line): (r.column, r.reason) for r in found.rejections}
    assert told == {
        ("people.csv", 3): ("name", "nothing is there for name, which is needed"),
        ("people.csv", 5): (
            "name",
            "the row ends before this column: 1 cells for 3 columns",
        ),
        ("referrals.csv", 2): (
            "target",
            "there is no Customer 'b'; create it first",
        ),
        ("referrals.csv", 4): (
            "key",
            "Referral '3': this party already has an open referral; close it first (held by '2')",
        ),
        ("referrals.csv", 5): (
            "target",
            "a Referral joins two different nodes; both ends are 'c'",
        ),
    }


@pytest.mark.parametrize("batch", [1, 2_000])
async def test_a_dry_run_tells_the_same_and_writes_nothing(
    files: Files, target: TenantGraph, batch: int
) -> None:
    folder = files(BAD)

    dry = await import_folder(MAPPING, folder, target, dry_run=True, batch=batch)
    real = await import_folder(MAPPING, folder, target, batch=batch)

    assert (dry.applied, dry.version, real.applied) == (False, 0, True)
    assert (dry.parts, dry.rejections) == (real.parts, real.rejections)


async def test_a_dry_run_sees_what_is_there(files: Files, target: TenantGraph) -> None:
    await import_folder(MAPPING, files(GOOD), target)
    rows = "id,by,of,status\n1,a,b,LOST\n3,c,b,PENDING\n4,a,b,CONTACTED\n"

    dry = await import_folder(MAPPING, files({"referrals.csv": rows}), target, dry_run=True)
    one = await import_folder(MAPPING, files({}), target, dry_run=True, batch=1)

    # the first referral of b is closed by the import itself, so the second may be opened
    assert numbers(dry) == [("Customer", 4, 1, 0, 0, 3, 0), ("Referral", 3, 0, 1, 1, 0, 1)]
    assert dry.rejections[0].line == 4
    assert numbers(one) == numbers(dry)
    assert (await target.nodes("Referral", ["1"]))["1"].revision == 1


async def test_a_dry_run_knows_claims_that_the_store_holds(
    files: Files, target: TenantGraph
) -> None:
    await import_folder(MAPPING, files(GOOD), target)
    rows = "id,by,of,status\n9,c,b,PENDING\n"

    dry = await import_folder(MAPPING, files({"referrals.csv": rows}), target, dry_run=True)

    assert dry.rejections[0].reason.endswith("(held by '1')")


async def test_a_strict_import_writes_all(files: Files, target: TenantGraph) -> None:
    found = await import_folder(MAPPING, files(GOOD), target, strict=True)

    assert (found.applied, found.version, found.written) == (True, 2, 5)


async def test_a_strict_import_writes_nothing_when_a_row_is_refused(
    files: Files, target: TenantGraph
) -> None:
    found = await import_folder(MAPPING, files(BAD), target, strict=True)

    assert (found.applied, found.rejected, found.version) == (False, 5, 0)
    assert await target.nodes("Customer", ["a"]) == {}


async def test_ends_may_be_there_before(files: Files, target: TenantGraph) -> None:
    await target.commit([Upsert("Customer", "z", {"name": "Z"})], actor="t")
    rows = "id,by,of,status\n1,z,a,LOST\n"

    dry = await import_folder(MAPPING, files({**GOOD, "referrals.csv": rows}), target, strict=True)

    assert dry.rejected == 0
    found = (await target.nodes("Referral", ["1"]))["1"]
    assert found.source == NodeRef("Customer", "z")  # type: ignore[attr-defined]


async def test_progress_grows_to_the_whole(files: Files, target: TenantGraph) -> None:
    seen: list[Progress] = []
    folder = files(GOOD)

    await import_folder(MAPPING, folder, target, batch=2, progress=seen.append, strict=True)

    whole = sum((folder / name).stat().st_size for name in GOOD)
    assert [(p.kind, p.rows, p.checking) for p in seen] == [
        ("Customer", 2, True),
        ("Customer", 4, True),
        ("Referral", 6, True),
        ("Customer", 2, False),
        ("Customer", 4, False),
        ("Referral", 6, False),
    ]
    assert [p.bytes for p in seen] == sorted([p.bytes for p in seen[:3]]) * 2
    assert (seen[-1].bytes, seen[-1].total_bytes) == (whole, whole)


async def test_progress_never_goes_back_from_file_to_file(
    files: Files, target: TenantGraph
) -> None:
    seen: list[Progress] = []
    folder = files({**GOOD, "people2.csv": "id,name,skip\ne,E,\n"})

    await import_folder(MAPPING, folder, target, batch=1, progress=seen.append)

    done = [p.bytes for p in seen]
    assert done == sorted(done)
    assert done[-1] == seen[-1].total_bytes


async def test_each_file_has_numbers_of_its_own(files: Files, target: TenantGraph) -> None:
    folder = files({**GOOD, "people2.csv": "id,name,skip\ne,E,\n"})

    found = await import_folder(MAPPING, folder, target)

    assert [(p.file, p.created) for p in found.parts] == [
        ("people.csv", 3),
        ("people2.csv", 1),
        ("referrals.csv", 2),
    ]


async def test_rejections_are_kept_up_to_a_bound_and_all_counted(
    files: Files, target: TenantGraph
) -> None:
    rows = "id,name,skip\n" + "x\n" * (report_module.MOST_REJECTIONS + 5)

    found = await import_folder(MAPPING, files({**GOOD, "people.csv": rows}), target)

    assert len(found.rejections) == report_module.MOST_REJECTIONS
    assert found.parts[0].rejected == report_module.MOST_REJECTIONS + 5


async def test_a_report_is_plain_values(files: Files, target: TenantGraph) -> None:
    rows = {**GOOD, "referrals.csv": "id,by,of,status\n1,a,q,LOST\n"}

    plain = (await import_folder(MAPPING, files(rows), target)).to_dict()

    assert plain == {
        "applied": True,
        "version": 1,
        "written": 3,
        "unchanged": 0,
        "rejected": 1,
        "parts": [
            {
                "kind": "Customer",
                "file": "people.csv",
                "rows": 4,
                "skipped": 1,
                "created": 3,
                "updated": 0,
                "unchanged": 0,
                "rejected": 0,
                "written": 3,
            },
            {
                "kind": "Referral",
                "file": "referrals.csv",
                "rows": 1,
                "skipped": 0,
                "created": 0,
                "updated": 0,
                "unchanged": 0,
                "rejected": 1,
                "written": 0,
            },
        ],
        "rejections": [
            {
                "file": "referrals.csv",
                "line": 2,
                "kind": "Referral",
                "column": "target",
                "reason": "there is no Customer 'q'; create it first",
            }
        ],
    }


@pytest.mark.parametrize("batch", [0, 10_001])
async def test_a_batch_out_of_bounds_is_refused(
    files: Files, target: TenantGraph, batch: int
) -> None:
    with pytest.raises(BadInput, match="it may have 1 to 10,000"):
        await import_folder(MAPPING, files(GOOD), target, batch=batch)


async def test_a_missing_file_is_refused_before_anything_is_written(
    files: Files, target: TenantGraph
) -> None:
    with pytest.raises(BadInput, match=r"there is no file referrals\.csv"):
        await import_folder(MAPPING, files({"people.csv": PEOPLE}), target)
    assert await target.version() == 0
