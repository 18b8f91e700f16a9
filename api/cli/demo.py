"""The demo: data, three answers, and the server."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from api.cli.analytics import answer
from api.cli.session import StoreOption, TenantOption, console, settings_for, with_graph
from api.cli.tables import answer_tables
from graph.store import TenantGraph
from referral.registry import analytics

DEMO_STORE = "sqlite:///.renmai/demo"
SEED = 1
BATCH = 2_000
ROWS = 8


def demo(
    store: StoreOption = None,
    tenant: TenantOption = None,
    port: Annotated[int | None, typer.Option(help="Port to serve on; default 8000.")] = None,
    serve: Annotated[
        bool,
        typer.Option(
            "--serve/--no-serve",
            envvar="DEMO_SERVE",
            help="Serve the API afterwards.",
        ),
    ] = True,
) -> None:
    """Load synthetic data, print three answers, and serve the API until Ctrl-C."""
    chosen = store or os.environ.get("RENMAI_STORE", DEMO_STORE)
    settings = settings_for(chosen, tenant, port=port)
    with_graph(settings, _load_and_show)
    console().print(
        f"\nask for more, when nothing serves it: renmai top-referrers --store {chosen}",
        highlight=False,
    )
    if serve:
        from api.cli.serving import run

        run(settings)


async def _load_and_show(graph: TenantGraph) -> None:
    await load_demo(graph)
    ranking = await _show(graph, "top_referrers", {"first": ROWS})
    person = next((row.party.key for row in ranking.items if row.party.kind == "Contact"), None)
    if person is not None:
        await _show(graph, "contact_network", {"first": ROWS}, key=person)
    await _show(graph, "trade_opportunities", {"first": ROWS})


async def load_demo(graph: TenantGraph) -> None:
    """Writes the demo data, unless the graph has data already."""
    from graph.generating import generate

    if await graph.version() > 0:
        return
    console().print(f"loading synthetic demo data (seed {SEED})")
    changes = list(generate(seed=SEED))
    for start in range(0, len(changes), BATCH):
        await graph.commit(changes[start : start + BATCH], actor="demo")


async def _show(
    graph: TenantGraph, name: str, arguments: Mapping[str, Any], key: str | None = None
) -> Any:
    analytic = analytics()[name]
    found, names = await answer(analytic, graph, arguments, key)
    for table in answer_tables(analytic, found, names):
        console().print(table)
    return found
