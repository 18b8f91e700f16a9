"""The commands, each in the module of its subject."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli import analyze, data, demo, serving, trades, warming
from api.cli.analytics import add_analytics
from api.cli.asking import print_sdl, query

app = typer.Typer(
    help="Renmai: who referred whom, who knows whom, and who could trade with whom.",
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


app.command("serve")(serving.serve)
app.command("demo")(demo.demo)
app.command("generate")(data.generate)
app.command("import")(data.import_)
app.command("export")(data.export)
app.command("query")(query)
app.command("schema")(print_sdl)
app.command("analyze")(analyze.analyze)
app.command("warm")(warming.warm)

further_trades = typer.Typer()
further_trades.command("solve")(trades.solve)
add_analytics(app, {"trades": further_trades})
