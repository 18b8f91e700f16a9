"""Commands that move data: generate, import, export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from api.cli.errors import Interrupted
from api.cli.output import console, print_json
from api.cli.progress import progress
from api.cli.session import (
    JsonOption,
    StoreOption,
    TenantOption,
    must_have_data,
    settings_for,
    with_graph,
)
from graph.importing import Progress, Report, import_folder, shipped_mappings
from graph.store import TenantGraph

SHOWN_REJECTIONS = 20

StrictOption = Annotated[
    bool, typer.Option("--strict", help="Write nothing when any row is rejected.")
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Report what would be written, and write nothing.")
]


def generate(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder to write the CSV files to.")
    ],
    customers: Annotated[int, typer.Option(min=10, max=10_000_000, help="Customers.")] = 500,
    contacts: Annotated[int, typer.Option(min=10, max=10_000_000, help="Contacts.")] = 800,
    seed: Annotated[int, typer.Option(help="The same seed gives the same data.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Write synthetic data: customers, contacts, referrals, ties, purchases, offers and needs."""
    from graph.generating import write_csv

    with progress("generating", quiet=as_json) as advance:
        counts = write_csv(
            folder,
            customers=customers,
            contacts=contacts,
            seed=seed,
            progress=lambda p: advance(p.rows, None),
        )
    if as_json:
        print_json({"folder": str(folder), "records": counts})
        return
    typer.echo(f"wrote {sum(counts.values()):,} records to {folder}")
    typer.echo(f"read them in with: renmai import renmai {folder}")


def import_(
    mapping: Annotated[
        str,
        typer.Argument(
            metavar="MAPPING",
            help="A .toml file (docs/importing.md), or one shipped: "
            + ", ".join(shipped_mappings()),
        ),
    ],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the files.")],
    store: StoreOption = None,
    tenant: TenantOption = None,
    strict: StrictOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Read files into the store; doing it again changes nothing."""
    settings = settings_for(store, tenant)
    with progress("importing", quiet=as_json) as advance:

        def show(p: Progress) -> None:
            advance(p.bytes, p.total_bytes)

        try:
            report = with_graph(
                settings,
                lambda graph: import_folder(
                    mapping,
                    folder,
                    graph,
                    region=settings.phone_region,
                    strict=strict,
                    dry_run=dry_run,
                    progress=show,
                ),
                lazily=True,
            )
        except KeyboardInterrupt:
            raise Interrupted(
                "no record is half written; the same command again takes in what is missing"
            ) from None
    if as_json:
        print_json(report.to_dict())
    else:
        _show(report)
    if strict and not report.applied and not dry_run:
        raise typer.Exit(1)


def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write to.")],
    force: Annotated[
        bool, typer.Option("--force", help="Write beside files of others, which stay as they are.")
    ] = False,
    store: StoreOption = None,
    tenant: TenantOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write every record as CSV; `renmai import renmai DIR` reads it into any store."""
    from graph.exporting import export_folder

    with progress("exporting", quiet=as_json) as advance:

        async def write(graph: TenantGraph) -> dict[str, int]:
            await must_have_data(graph)  # else a mistyped store would empty an earlier export
            return await export_folder(
                graph, folder, beside=force, progress=lambda p: advance(p.rows, None)
            )

        counts = with_graph(settings_for(store, tenant), write, create=False)
    if as_json:
        print_json({"folder": str(folder), "records": counts})
    else:
        typer.echo(f"wrote {sum(counts.values()):,} records to {folder}")


def _show(report: Report) -> None:
    table = Table(title="Import" if report.applied else "Import: nothing was written")
    for name in ("kind", "file"):
        table.add_column(name)
    for name in ("rows", "skipped", "created", "updated", "unchanged", "rejected"):
        table.add_column(name, justify="right")
    for part in report.parts:
        numbers = (
            part.rows, part.skipped, part.created, part.updated, part.unchanged, part.rejected
        )  # fmt: skip
        table.add_row(part.kind, part.file, *(f"{n:,}" for n in numbers))
    console().print(table)
    for r in report.rejections[:SHOWN_REJECTIONS]:
        place = f"{r.file}:{r.line}" + (f" {r.column}" if r.column else "")
        console().print(f"{place}: {r.reason}", markup=False, highlight=False)
    rejected = sum(p.rejected for p in report.parts)
    if rejected > SHOWN_REJECTIONS:
        typer.echo(f"... and {rejected - SHOWN_REJECTIONS:,} more rejected; --json lists them")
