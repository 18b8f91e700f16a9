"""The command that finds the best trades in a file of want lists."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from api.cli.output import console, print_json
from api.cli.progress import progress
from api.cli.session import JsonOption
from graph.errors import BadInput, shown
from referral.trades.formats import Format, WantFile, read_wants
from referral.trades.plan import plan
from referral.trades.plan_types import Objective, PlanOptions, TradePlan

SHOWN_WARNINGS = 5


def solve(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file of want lists.")],
    format_: Annotated[
        Format | None,
        typer.Option("--format", help="Its format; by default told from the file."),
    ] = None,
    max_parties: Annotated[
        str,
        typer.Option(
            "--max-parties", metavar="N", help="Most parties of a cycle: 2 to 5, or none."
        ),
    ] = "none",
    objective: Annotated[
        Objective | None,
        typer.Option(
            case_sensitive=False,
            help="What comes first; by default VALUE where the file has weights, else PARTIES.",
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Default: the file's, else 1.")] = None,
    iterations: Annotated[
        int | None,
        typer.Option(min=1, max=100_000, help="Equally good plans to compare for short cycles."),
    ] = None,
    time_limit: Annotated[
        float, typer.Option(help="Seconds after which the best known plan is printed.")
    ] = 300.0,
    as_json: JsonOption = False,
) -> None:
    """Find the best set of trades in a file of want lists, and prove it."""
    wants = read_wants(file, format_)
    options = PlanOptions(
        objective=objective or default_objective(wants),
        max_parties=_limit(max_parties),
        users_first=wants.users_first,
        priorities=wants.priorities,
        seed=wants.seed if seed is None else seed,
        iterations=iterations or wants.iterations,
        time_limit_s=time_limit,
    )
    with progress("solving", quiet=as_json):
        found = plan(wants.graph, options)
    if as_json:
        print_json(plain_plan(wants, found))
    else:
        _show(wants, found)


def default_objective(wants: WantFile) -> Objective:
    """VALUE where the file has weights, else PARTIES."""
    return Objective.VALUE if (wants.graph.value >= 0).any() else Objective.PARTIES


def plain_plan(wants: WantFile, found: TradePlan) -> dict[str, Any]:
    """The plan as one object for programs.

    `weight` and `bound` are in the file's own unit: its weights, or where it has none, trades.
    `optimal` and `bound` are of the first level; `all_proven` says whether the others are proven
    too, and a level whose `bound` is null was not looked at to the end.
    """
    weighted = default_objective(wants) is Objective.VALUE
    weight = found.value / wants.scale if weighted else found.legs
    by_value = found.levels[0].goal.value in ("value", "expected value") and weighted
    bound = found.bound / wants.scale if by_value else found.bound
    return {
        "trades": found.legs,
        "users": found.users,
        "weight": _number(weight),
        "optimal": found.optimal,
        "all_proven": all(level.proven for level in found.levels),
        "bound": _number(bound),
        "parties": found.parties,
        "method": found.method,
        "levels": [
            {
                "goal": x.goal,
                "value": _number(x.value),
                "bound": _number(x.bound),
                "proven": x.proven,
            }
            for x in found.levels
        ],
        "cycles": [_cycle(wants, found, place) for place in range(len(found.trades))],
        "warnings": list(wants.warnings),
        "checksum": found.checksum,
    }


def _cycles(count: int) -> str:
    return f"{count:,} {'cycle' if count == 1 else 'cycles'}"


def _cycle(wants: WantFile, found: TradePlan, place: int) -> list[str]:
    """Who gives to whom: each to the one behind it, the last to the first."""
    return [wants.graph.labels[party] for party in found.trades[place].parties]


def _number(value: float) -> float | int | None:
    """A whole number without its point; no number where nothing bounds it."""
    if value in (float("inf"), float("-inf")):
        return None
    return int(value) if float(value).is_integer() else value


def _limit(text: str) -> int | None:
    if text.lower() == "none":
        return None
    if not (text.isascii() and text.isdigit() and 2 <= int(text[:9]) <= 5):
        raise BadInput(f"--max-parties {shown(text)}: give 2 to 5, or none for no limit")
    return int(text)


def _show(wants: WantFile, found: TradePlan) -> None:
    graph = wants.graph
    users = "" if found.users is None else f", {found.users:,} users"
    proof = "proven best" if found.optimal else f"at most {_number(found.bound)} possible"
    title = f"{found.legs:,} trades{users} in {_cycles(len(found.trades))}: {proof}"
    table = Table(title=title, title_justify="left")
    for name in ("cycle", "gives", "to"):
        table.add_column(name, justify="right" if name == "cycle" else "left")
    for number, trade in enumerate(found.trades, 1):
        following = trade.parties[1:] + trade.parties[:1]
        for party, other in zip(trade.parties, following, strict=True):
            table.add_row(str(number), _named(wants, party), _named(wants, other))
        table.add_section()
    console().print(table)
    if not wants.hide_nontrades:
        traded = {party for trade in found.trades for party in trade.parties}
        idle = [p for p in range(len(graph)) if p not in traded and not graph.dummy[p]]
        typer.echo(f"{len(idle):,} without a trade: {', '.join(graph.labels[p] for p in idle)}")
    for warning in wants.warnings[:SHOWN_WARNINGS]:
        typer.echo(f"{warning}", err=True)
    if (more := len(wants.warnings) - SHOWN_WARNINGS) > 0:
        typer.echo(f"... and {more:,} more warnings; --json lists them", err=True)


def _named(wants: WantFile, party: int) -> str:
    graph = wants.graph
    owner = graph.owners[graph.owner[party]] if graph.owner[party] >= 0 else ""
    return f"{graph.labels[party]} ({owner})" if owner else graph.labels[party]
