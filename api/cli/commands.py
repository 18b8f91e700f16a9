"""The commands, each in the module of its subject."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli import analyze, data, demo, serving, trades, warming
from api.cli.analytics import add_analytics
from api.cli.asking import print_sdl, query

app = typer.Typer(
    help="Renmai: who referred whom, who knows whom, and who could trade with whom. "
    "New here? `renmai demo` shows it on made-up data.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"renmai {version('renmai')}")
        raise typer.Exit


@app.callback()
def _root(
    _version_wanted: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    pass


BEGIN, DATA, ASK, MORE = "Begin", "Move data", "Ask", "More"

app.command("demo", rich_help_panel=BEGIN)(demo.demo)
app.command("serve", rich_help_panel=BEGIN)(serving.serve)
app.command("import", rich_help_panel=DATA)(data.import_)
app.command("export", rich_help_panel=DATA)(data.export)
app.command("generate", rich_help_panel=DATA)(data.generate)
further_trades = typer.Typer()
further_trades.command("solve")(trades.solve)
add_analytics(app, {"trades": further_trades}, panel=ASK)
app.command("query", rich_help_panel=ASK)(query)

app.command("analyze", rich_help_panel=MORE)(analyze.analyze)
app.command("schema", rich_help_panel=MORE)(print_sdl)
app.command("warm", rich_help_panel=MORE)(warming.warm)
