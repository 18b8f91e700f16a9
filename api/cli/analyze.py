"""The command that measures a plain list of edges, without a store."""

from __future__ import annotations

import csv
import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from api.cli.output import console, print_json
from api.cli.progress import progress
from api.cli.session import JsonOption
from graph.errors import BadInput, counted, shown
from graph.importing.edge_list import Columns, read_edge_list
from referral.kernels.budget import Budget

if TYPE_CHECKING:
    from referral.measures.graph import Graph
    from referral.measures.registry import Measure, Measured


STANDARD_INPUT = "/dev/stdin"


def analyze(
    measure: Annotated[
        str, typer.Argument(metavar="MEASURE", help="What to measure; `list` tells all there is.")
    ],
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="EDGES.csv [A B | A K | A... | ERROR]",
            help="The file or pipe (- is standard input), an edge a line, gzip or not; then "
            "nodes, where shortest-path, k-hop or personalized needs them, or estimated-reach's "
            "error (0.1).",
        ),
    ] = None,
    directed: Annotated[
        bool,
        typer.Option(
            "--directed",
            help="Look at directions. reach, estimated-reach, decayed-reach, depth, height, hits, "
            "cycles2-4, strong-components, in-degree, out-degree and reciprocity always do.",
        ),
    ] = False,
    source_column: Annotated[
        str | None, typer.Option(help="Name of the column, or its number from 1. Default: the 1st.")
    ] = None,
    target_column: Annotated[
        str | None, typer.Option(help="Name of the column, or its number from 1. Default: the 2nd.")
    ] = None,
    weight: Annotated[
        str | None, typer.Option(help="Column of weights from 0. Default: each edge weighs 1.")
    ] = None,
    delimiter: Annotated[
        str | None, typer.Option(help="What separates columns. Default: told from the file.")
    ] = None,
    header: Annotated[
        bool | None,
        typer.Option("--header/--no-header", help="Whether line 1 names the columns."),
    ] = None,
    top: Annotated[int, typer.Option(min=0, help="How many nodes to show; 0 = all.")] = 20,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write all nodes to a .csv or .parquet.")
    ] = None,
    time_limit: Annotated[float, typer.Option(help="Seconds to compute at most.")] = 600.0,
    as_json: JsonOption = False,
) -> None:
    """Measure a plain list of edges: pagerank, reach, cycles3, communities and more."""
    from referral.measures.graph import graph_of
    from referral.measures.ranking import ranked
    from referral.measures.registry import measure_named

    if measure == "list":
        _list(as_json)
        return
    chosen = measure_named(measure)
    file, arguments = _file_and_words(chosen, words or [])
    _check(chosen, weight, out, time_limit)
    columns = Columns(source_column, target_column, weight, _delimiter(delimiter), header)
    with progress(f"reading {file.name}", quiet=as_json) as advance:
        edges = read_edge_list(file, columns, advance)
    graph = graph_of(edges, directed=directed or chosen.needs_direction)
    with progress("computing", quiet=as_json):
        found = chosen.run(graph, arguments, Budget(time_limit))
    _say(f"{file.name}: {edges.note}{_left_out(graph)}", found)
    order = ranked(graph.labels, found, None if out is not None or not top else top)
    rows = _rows(graph, found, order)
    if out is not None:
        _write(out, rows)
    rows = rows[:top] if top else rows
    if as_json:
        print_json(
            {
                "measure": chosen.name,
                "nodes": graph.size,
                "edges": graph.pairs,
                "total": found.total,
                "items": rows,
            }
        )
    else:
        _show(chosen, graph, found, rows)


def _list(as_json: bool) -> None:
    from referral.measures.registry import measures

    if as_json:
        print_json(
            [
                {"measure": name, "arguments": found.words, "summary": found.summary}
                for name, found in sorted(measures().items())
            ]
        )
        return
    table = Table(show_header=False)
    for name, found in sorted(measures().items()):
        table.add_row(" ".join((name, *found.words)), escape(found.summary))
    console().print(table)


def _file_and_words(measure: Measure, words: list[str]) -> tuple[Path, tuple[str, ...]]:
    """The file, which may stand before or after the measure's own words."""
    needed = len(measure.words)
    more = needed > 0 and measure.words[-1].endswith("...")
    if len(words) != needed + 1 and not (more and len(words) > needed):
        usage = " ".join(("renmai analyze", measure.name, "EDGES.csv", *measure.words))
        least = "at least " if more else ""
        wanted = f"a file and {least}{counted(needed, 'argument')}" if needed else "a file alone"
        given = f"not a file and {len(words) - 1}" if words else "and was given nothing"
        raise BadInput(f"{measure.name} needs {wanted}, {given}: {usage}")
    words = [STANDARD_INPUT if word == "-" else word for word in words]
    if not _may_be_read(words[0]) and _may_be_read(words[-1]):
        return Path(words[-1]), tuple(words[:-1])
    return Path(words[0]), tuple(words[1:])


def _may_be_read(name: str) -> bool:
    """Whether a file stands there, or a pipe."""
    return Path(name).exists() and not Path(name).is_dir()


def _check(measure: Measure, weight: str | None, out: Path | None, time_limit: float) -> None:
    """What can be refused before a large file is read."""
    if not time_limit >= 0:  # nor is nan
        raise BadInput(f"--time-limit {time_limit:g}: give a number of seconds from 0")
    if weight is not None and not measure.weights:
        raise BadInput(f"{measure.name} does not look at weights; leave out --weight")
    if out is None:
        return
    if out.suffix not in (".csv", ".parquet"):
        raise BadInput(f"--out {shown(str(out))}: give a file that ends in .csv or .parquet")
    if not out.parent.is_dir():
        raise BadInput(f"--out {shown(str(out))}: there is no folder {out.parent}; make it first")
    if out.suffix == ".parquet":
        _pyarrow()


def _pyarrow() -> Any:
    """The library that writes Parquet, where it is installed."""
    try:
        parquet = importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise BadInput(
            "writing Parquet needs pyarrow, which is not installed: "
            "pip install 'renmai[parquet]', or give a file that ends in .csv"
        ) from error
    return parquet


def _delimiter(given: str | None) -> str | None:
    known = {"tab": "\t", "\\t": "\t", "space": "whitespace", " ": "whitespace"}
    wanted = known.get(given or "", given)
    if wanted is not None and wanted != "whitespace" and len(wanted) != 1:
        raise BadInput(f"--delimiter {shown(given)}: give one character, tab or space")
    return wanted


def _left_out(graph: Graph) -> str:
    said = [
        f"{counted(count, what)} {then}"
        for count, what, then in (
            (graph.loops, "edge", "from a node to itself left out"),
            (graph.parallel, "parallel edge", "joined with another"),
        )
        if count
    ]
    return "".join(f"; {part}" for part in said)


def _say(how: str, found: Measured) -> None:
    """On standard error, so that JSON stays alone on the other."""
    typer.echo(how, err=True)
    if found.note:
        typer.echo(found.note, err=True)


def _rows(graph: Graph, found: Measured, order: list[int]) -> list[dict[str, Any]]:
    """The node and its score at each of these places."""
    from referral.kernels.order import level

    if found.scores is None:
        return []
    scores = level(found.scores, found.blur).tolist()
    nodes = range(graph.size) if found.nodes is None else found.nodes.tolist()
    more = {name: values.tolist() for name, values in found.more.items()}
    return [
        {
            "node": graph.labels[nodes[place]],
            "score": scores[place],
            **{name: values[place] for name, values in more.items()},
        }
        for place in order
    ]


def _write(out: Path, rows: list[dict[str, Any]]) -> None:
    """The rows as a file.

    Raises:
        BadInput: it cannot be written.
    """
    names = list(rows[0]) if rows else ["node", "score"]
    try:
        if out.suffix == ".parquet":
            table = importlib.import_module("pyarrow").table(
                {name: [row[name] for row in rows] for name in names}
            )
            _pyarrow().write_table(table, out)
            return
        with out.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(names)
            writer.writerows([row[name] for name in names] for row in rows)
    except OSError as error:
        raise BadInput(
            f"--out {shown(str(out))} cannot be written: {error.strerror}; name a file that can be"
        ) from error


def _show(measure: Measure, graph: Graph, found: Measured, rows: list[dict[str, Any]]) -> None:
    total = "none" if found.total is None else _text(found.total)
    nodes, edges = counted(graph.size, "node"), counted(graph.pairs, "edge")
    typer.echo(f"{measure.name}: {nodes}, {edges}, total {total}")
    typer.echo(measure.summary)
    if not rows:
        return
    table = Table()
    for name in rows[0]:
        table.add_column(name, justify="left" if name == "node" else "right")
    for row in rows:
        table.add_row(*(escape(v) if isinstance(v, str) else _text(v) for v in row.values()))
    console().print(table)


def _text(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.6g}"
