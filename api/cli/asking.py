"""Commands that speak GraphQL: query and schema."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from api.cli.session import StoreOption, TenantOption, settings_for
from graph.errors import BadInput, shown


def query(
    document: Annotated[
        str, typer.Argument(metavar="QUERY", help="A GraphQL document; @FILE reads it, - is stdin.")
    ],
    variables: Annotated[
        str | None, typer.Option(help="Values of its variables as a JSON object; @FILE reads it.")
    ] = None,
    operation: Annotated[
        str | None, typer.Option(help="Which operation to run, where there are several.")
    ] = None,
    store: StoreOption = None,
    tenant: TenantOption = None,
) -> None:
    """Run a GraphQL query or mutation and print the answer as JSON; exit 1 when it has errors."""
    import asyncio

    from api.service import Service

    settings = settings_for(store, tenant)
    text = _text(document)
    values = _variables(variables)

    async def ask() -> dict[str, Any]:
        async with Service(settings) as service:
            return await service.execute(text, values, operation, actor="cli")

    answer = asyncio.run(ask())
    sys.stdout.write(orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode() + "\n")
    if answer.get("errors"):
        raise typer.Exit(1)


def print_sdl() -> None:
    """Print the GraphQL schema."""
    from schema.build import print_schema

    sys.stdout.write(print_schema())


def _text(argument: str) -> str:
    if argument == "-":
        return sys.stdin.read()
    if not argument.startswith("@"):
        return argument
    try:
        return Path(argument[1:]).read_text("utf-8")
    except (OSError, UnicodeError) as error:
        raise BadInput(f"cannot read {argument[1:]}: {error}; name a readable text file") from error


def _variables(argument: str | None) -> dict[str, Any] | None:
    if argument is None:
        return None
    try:
        values = orjson.loads(_text(argument))
    except orjson.JSONDecodeError as error:
        raise BadInput(f"--variables {shown(argument)} is not JSON: {error}") from error
    if not isinstance(values, dict):
        raise BadInput(f"--variables {shown(argument)} must be a JSON object, from name to value")
    return values
