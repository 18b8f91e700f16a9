"""Commands that speak GraphQL: query and schema."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from api.cli.output import print_json
from api.cli.progress import progress
from api.cli.session import StoreOption, TenantOption, settings_for
from api.settings import Settings
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
    as_json: Annotated[
        bool, typer.Option("--json", help="No progress bar; the answer is JSON anyway.")
    ] = False,
) -> None:
    """Run a GraphQL query or mutation and print the answer as JSON; exit 1 when it has errors."""
    import asyncio

    settings = settings_for(store, tenant)
    text = _text(document)
    values = _variables(variables)
    with progress("asking", quiet=as_json):
        answer = asyncio.run(_ask(settings, text, values, operation))
    sys.stdout.write(orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode() + "\n")
    if answer.get("errors"):
        raise typer.Exit(1)


def print_sdl(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print it as the answer to an introspection query.")
    ] = False,
) -> None:
    """Print the GraphQL schema."""
    from schema.build import build_schema, print_schema

    if as_json:
        print_json(build_schema().introspect())
    else:
        sys.stdout.write(print_schema())


async def _ask(
    settings: Settings, text: str, variables: dict[str, Any] | None, operation: str | None
) -> dict[str, Any]:
    from api.service import Service

    async with Service(settings, create=_writes(text)) as service:
        return await service.execute(text, variables, operation, actor="cli")


def _writes(text: str) -> bool:
    """Whether a document has a mutation; one that cannot be parsed has none."""
    from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse

    try:
        definitions = parse(text, no_location=True).definitions
    except (GraphQLError, RecursionError):
        return False
    operations = [d for d in definitions if isinstance(d, OperationDefinitionNode)]
    return any(d.operation is OperationType.MUTATION for d in operations)


def _text(argument: str) -> str:
    """The argument itself, or what is in the file that it names."""
    name = "standard input" if argument == "-" else argument.removeprefix("@")
    try:
        if argument == "-":
            return sys.stdin.buffer.read().decode()
        return Path(name).read_text("utf-8") if argument.startswith("@") else argument
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise BadInput(f"cannot read {name}: {reason}; name a readable text file") from error


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
