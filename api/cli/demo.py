"""The demo: data, three answers, and the server."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from api.cli.analytics import answer
from api.cli.output import console, print_json
from api.cli.progress import progress
from api.cli.session import JsonOption, TenantOption, settings_for, store_option, with_graph
from api.cli.tables import Names, answer_tables, plain_answer
from api.settings import LARGEST_PORT, Settings
from api.stores import public_url
from graph.settling import heed_cancellation
from graph.store import TenantGraph
from referral.registry import analytics

DEMO_STORE = "sqlite:///.renmai/demo"
SEED = 1
ACTOR = "demo"
BATCH = 2_000
COMMITS = 6
"""Commits of `BATCH` changes that the demo data takes."""
ROWS = 5

Answers = Mapping[str, tuple[Any, Names]]
"""Each analytic's answer and the names of the records in it, by the analytic's name."""


def demo(
    store: Annotated[str | None, store_option(DEMO_STORE)] = None,
    tenant: TenantOption = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=LARGEST_PORT, help="Port. Default: RENMAI_PORT, else 8000."),
    ] = None,
    serve: Annotated[
        bool,
        typer.Option(
            "--serve/--no-serve",
            envvar="DEMO_SERVE",
            help="Serve the API afterwards.",
        ),
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """Load synthetic data, print three answers, and serve the API until Ctrl-C."""
    chosen = store or os.environ.get("RENMAI_STORE", DEMO_STORE)
    settings = settings_for(chosen, tenant, port=port)
    loaded = with_graph(settings, lambda graph: load_demo(graph, quiet=as_json))
    if loaded and not as_json:
        console().print(f"synthetic demo data (seed {SEED}) is now in {public_url(chosen)}")
    with progress("computing", quiet=as_json):
        answers = with_graph(settings, three_answers)
    if as_json:
        _print_json(settings, answers)
    else:
        _print(settings, answers, serve)
    if serve:
        from api.cli.serving import run

        run(settings, as_json=as_json)


async def load_demo(graph: TenantGraph, *, quiet: bool = True) -> bool:
    """Writes the demo data, unless it or other data is there; whether it did.

    Who stopped it finds a part, which the next start completes: what is there already is known by
    its commit's key and is not written again.
    """
    from graph.generating import generate

    if await _has_all(graph) or await _is_in_use(graph):
        return False
    with progress("loading demo data", quiet=quiet) as advance:
        changes = list(generate(seed=SEED))
        for start in range(0, len(changes), BATCH):
            batch = changes[start : start + BATCH]
            await graph.commit(batch, actor=ACTOR, idempotency_key=f"demo-{SEED}-{start}")
            advance(start + BATCH, len(changes))
            heed_cancellation()
    return True


async def _has_all(graph: TenantGraph) -> bool:
    return any(entry.actor == ACTOR for entry in await graph.log(COMMITS - 1, 1))


async def _is_in_use(graph: TenantGraph) -> bool:
    """Whether the first thing written there was not the demo's."""
    return any(entry.actor != ACTOR for entry in await graph.log(0, 1))


async def three_answers(graph: TenantGraph) -> Answers:
    """Who refers most, the network of the first person among them, and the trades on the table."""
    given = {"first": ROWS}
    ranking, names = await answer(analytics()["top_referrers"], graph, given, None)
    found = {"top_referrers": (ranking, names)}
    person = next((row.party.key for row in ranking.items if row.party.kind == "Contact"), None)
    if person is not None:
        network = analytics()["contact_network"]
        found["contact_network"] = await answer(network, graph, given, person)
    trades = analytics()["trade_opportunities"]
    return found | {"trade_opportunities": await answer(trades, graph, given, None)}


def _print(settings: Settings, answers: Answers, serve: bool) -> None:
    for name, (found, names) in answers.items():
        for table in answer_tables(analytics()[name], found, names):
            console().print(table)
    when = "when the server below is stopped" if serve else "more"
    command = f"renmai top-referrers --store {public_url(settings.store)}"
    if settings.tenant != "default":
        command += f" --tenant {settings.tenant}"
    console().print(f"\nask {when}: {command}", markup=False, highlight=False, soft_wrap=True)


def _print_json(settings: Settings, answers: Answers) -> None:
    told = {name: plain_answer(found, names) for name, (found, names) in answers.items()}
    print_json({"store": public_url(settings.store), "tenant": settings.tenant, **told})
