"""The generated data as changes for a store, or as files in the form of an export."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from graph.exporting import ExportFolder
from graph.generating import edges, nodes, trading
from graph.generating.world import Sizes, World
from graph.importing.own import cell_writer
from graph.importing.report import Progress
from graph.model import RECORDS, RecordInfo
from graph.model.codec import ENDS, encode_value
from graph.store import Upsert

Maker = Callable[[World], Iterator[Upsert]]

MAKERS: Mapping[str, Maker] = {
    "Staff": nodes.staff,
    "Good": nodes.goods,
    "Organization": nodes.organizations,
    "Contact": nodes.contacts,
    "Customer": nodes.customers,
    "Account": edges.accounts,
    "DealRole": edges.deal_roles,
    "Affiliation": edges.affiliations,
    "Tie": edges.ties,
    "Referral": edges.referrals,
    "Ownership": edges.ownerships,
    "Offer": trading.offers,
    "Need": trading.needs,
    "Purchase": trading.purchases,
}
"""What makes each kind of record, in an order in which each names only earlier ones.

Trades, their legs and vetoes are left to the people who work with the data.
"""


def generate(*, customers: int = 500, contacts: int = 800, seed: int = 1) -> Iterator[Upsert]:
    """A company's whole graph, as validated changes, each naming only records before it.

    Args:
        customers, contacts: how many, 10 to 10,000,000; the rest follows from them.
        seed: another seed, another company; the same, the same on every machine.

    Raises:
        BadInput: a number is out of bounds.
    """
    world = World(Sizes(customers, contacts, seed))
    return (upsert for make in MAKERS.values() for upsert in make(world))


def write_csv(
    folder: Path,
    *,
    customers: int = 500,
    contacts: int = 800,
    seed: int = 1,
    progress: Callable[[Progress], None] | None = None,
) -> dict[str, int]:
    """Writes what `generate` makes as files that the mapping `renmai` imports.

    Args:
        folder: made if it is not there; files of a former export in it are replaced.
        customers, contacts, seed: as of `generate`.
        progress: called after each kind.

    Returns:
        Number of records by kind.

    Raises:
        BadInput: a number is out of bounds, or the folder cannot be written.
        Conflict: a file is in the way that no export of ours wrote.
    """
    world = World(Sizes(customers, contacts, seed))
    target = ExportFolder(folder)
    target.prepare(beside=True)
    counts: dict[str, int] = {}
    try:
        for info in RECORDS.values():
            counts[info.name] = _write(target, info, MAKERS.get(info.name, _none)(world))
            if progress is not None:
                progress(Progress(info.name, "", sum(counts.values())))
        target.publish({"generated": {"customers": customers, "contacts": contacts, "seed": seed}})
    finally:
        target.clean()
    return counts


def _none(_world: World) -> Iterator[Upsert]:
    return iter(())


def _write(target: ExportFolder, info: RecordInfo, upserts: Iterable[Upsert]) -> int:
    plain = [f for f in info.fields.values() if not f.system and f.name != "key"]
    names = ("key", *(ENDS if info.ends else ()), *(f.name for f in plain))
    writers = [cell_writer(info, name) for name in names]
    count = 0
    with target.table(info, names) as write:
        for upsert in upserts:
            stored = [encode_value(f, upsert.values.get(f.name, f.default)) for f in plain]
            row: list[Any] = [upsert.key, *_ends(info, upsert), *stored]
            write([[writer(value) for writer, value in zip(writers, row, strict=True)]])
            count += 1
    return count


def _ends(info: RecordInfo, upsert: Upsert) -> tuple[str, ...]:
    if info.ends is None:
        return ()
    return (*upsert.values["source"], *upsert.values["target"])
