"""A command for each registered analytic: its arguments are the command's, its answer a table."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from datetime import date, datetime
from typing import Annotated, Any, NamedTuple

import typer

from api.caches import snapshot_cache
from api.cli.moments import moment
from api.cli.output import console, print_json
from api.cli.progress import progress
from api.cli.session import (
    JsonOption,
    StoreOption,
    TenantOption,
    interruptible,
    must_have_data,
    settings_for,
    with_graph,
)
from api.cli.tables import answer_tables, names_of, plain_answer
from graph.errors import NotFound, shown
from graph.model import Money, NodeRef
from graph.network import Network
from graph.network.cache import SnapshotCache
from graph.snapshots import Snapshots
from graph.store import TenantGraph
from referral.registry import Analytic, Parameter, analytics

SHORT_NAMES = {
    "contact_network": "network",
    "referral_reach": "reach",
    "trade_opportunities": "trades",
}
"""Commands that are called by a shorter word than their analytic."""

OWN = {"store": StoreOption, "tenant": TenantOption, "as_json": JsonOption}


def _hyphens(word: str) -> str:
    return word.replace("_", "-")


HYPHENS: dict[str, Any] = {"token_normalize_func": _hyphens}
"""`k-core` and `k_core` are one word, of options and of what they choose from."""


def add_analytics(
    app: typer.Typer, groups: Mapping[str, typer.Typer], *, panel: str | None = None
) -> None:
    """Adds a command for every analytic.

    Args:
        app: what they are added to.
        groups: further commands under the name of an analytic, which answers when none is named.
        panel: the heading they stand under in the help.
    """
    for analytic in analytics().values():
        name = SHORT_NAMES.get(analytic.name, analytic.name).replace("_", "-")
        if name in groups:
            group = groups[name]
            group.callback(
                invoke_without_command=True, help=analytic.description, context_settings=HYPHENS
            )(_unless_further(_command(analytic)))
            app.add_typer(group, name=name, rich_help_panel=panel)
        else:
            app.command(
                name,
                help=analytic.description,
                rich_help_panel=panel,
                context_settings=HYPHENS,
            )(_command(analytic))


def _unless_further(command: Callable[..., None]) -> Callable[..., None]:
    """The command, run only where the command line names no command below it."""

    def run(context: typer.Context, **given: Any) -> None:
        if context.invoked_subcommand is None:
            command(**given)

    own = inspect.signature(command).parameters.values()
    keyword = inspect.Parameter.KEYWORD_ONLY
    context = inspect.Parameter("context", keyword, annotation=typer.Context)
    run.__signature__ = inspect.Signature([context, *own])  # type: ignore[attr-defined]
    run.__annotations__ = {"context": typer.Context, **command.__annotations__}
    return run


async def answer(
    analytic: Analytic,
    graph: TenantGraph,
    arguments: Mapping[str, Any],
    key: str | None,
    cache: SnapshotCache | None = None,
) -> tuple[Any, Mapping[NodeRef, str]]:
    """The analytic's answer on the graph as it is now, and the names of the records in it.

    Args:
        analytic: what to ask.
        graph: the tenant's graph.
        arguments: by Python name.
        key: of the record it is asked for, where the analytic is about one.
        cache: where snapshots are kept on disk; None = the graph is scanned.

    Raises:
        NotFound: the record asked for is not there.
        BadInput: an argument is wrong.
    """
    await must_have_data(graph)
    network = await _network(graph, cache)
    with interruptible():
        if analytic.of is None:
            found = analytic.run(network, arguments)
            asked = f"{arguments.get('kind', '').capitalize()} {shown(arguments.get('key', ''))}"
        else:
            assert key is not None
            (found,) = analytic.run_each(network, [NodeRef(analytic.of, key)], arguments)
            asked = f"{analytic.of} {shown(key)}"
    if found is None:
        raise NotFound(
            f"there is no {asked.strip()}; `renmai export`, or a search in `renmai query`, "
            "tells the keys"
        )
    return found, await names_of(graph, found)


class _Alone(NamedTuple):
    """One tenant's graph as all the tenants there are."""

    graph: TenantGraph

    def tenant(self, tenant_id: str) -> TenantGraph:
        """The one."""
        return self.graph


async def _network(graph: TenantGraph, cache: SnapshotCache | None) -> Network:
    """The newest network: from disk and the change log where it is kept there, else by a scan."""
    snapshots = Snapshots(_Alone(graph), cache=cache)
    try:
        return await snapshots.network(graph.tenant)
    finally:
        await snapshots.close()  # and keeps it for the next command


def _command(analytic: Analytic) -> Callable[..., None]:
    """A function whose signature typer reads the command line from."""

    def command(**given: Any) -> None:
        settings = settings_for(given.pop("store"), given.pop("tenant"))
        as_json = given.pop("as_json")
        key = given.pop("of_key", None)
        arguments = _typed(analytic, given)
        with progress("computing", quiet=as_json):
            cache = snapshot_cache(settings)
            found, names = with_graph(
                settings, lambda g: answer(analytic, g, arguments, key, cache), create=False
            )
        if as_json:
            print_json(plain_answer(found, names))
        else:
            for table in answer_tables(analytic, found, names):
                console().print(table)

    parameters = [_parameter(p) for p in analytic.parameters]
    if analytic.of is not None:
        about = Annotated[str, typer.Argument(metavar="KEY", help=f"Key of the {analytic.of}.")]
        keyword = inspect.Parameter.KEYWORD_ONLY
        parameters.insert(0, inspect.Parameter("of_key", keyword, annotation=about))
    for name, annotation in OWN.items():
        default = False if name == "as_json" else None
        parameters.append(
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
            )
        )
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    command.__name__ = analytic.name
    return command


def _typed(analytic: Analytic, given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that were given; times read from their text, and the word for no limit."""
    times = {p.name: _option(p) for p in analytic.parameters if p.type is datetime}
    without = {p.name for p in analytic.parameters if _may_be_none(p)}
    return {
        name: _none_or(value)
        if name in without
        else moment(times[name], value)
        if name in times
        else value
        for name, value in given.items()
        if value is not None
    }


def _may_be_none(parameter: Parameter) -> bool:
    """Whether null is an answer of its own, other than to leave the option out."""
    return parameter.optional and parameter.default is not None


def _none_or(value: Any) -> Any:
    return None if str(value).strip().lower() == "none" else value


def _option(parameter: Parameter) -> str:
    return f"--{parameter.name.replace('_', '-')}"


def _parameter(parameter: Parameter) -> inspect.Parameter:
    # pydantic reads these (_typed the times), typer only a few of their forms or none
    by_text = parameter.type in (datetime, date, NodeRef) or is_dataclass(parameter.type)
    one: Any = int if parameter.type is Money else str if by_text else parameter.type
    if _may_be_none(parameter):
        one = str
    taken: Any = list[one] if parameter.many else one
    if parameter.required:
        annotation = Annotated[
            taken,
            typer.Argument(
                metavar=parameter.name.upper(), help=parameter.description, case_sensitive=False
            ),
        ]
        return inspect.Parameter(
            parameter.name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation
        )
    option = typer.Option(
        _option(parameter),
        help=parameter.description.replace("null =", "none =")
        if _may_be_none(parameter)
        else parameter.description,
        metavar=_metavar(parameter),
        min=None if _may_be_none(parameter) else parameter.least,
        max=None if _may_be_none(parameter) else parameter.most,
        case_sensitive=False,
    )
    default = list(parameter.default) if parameter.many and parameter.default else parameter.default
    if _may_be_none(parameter):
        default = str(default)
    return inspect.Parameter(
        parameter.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[taken | None if default is None else taken, option],
    )


def _metavar(parameter: Parameter) -> str | None:
    if parameter.type is datetime:
        return "TIME"
    return "N|none" if _may_be_none(parameter) else None
