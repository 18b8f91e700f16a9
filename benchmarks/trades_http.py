"""Measures `tradeOpportunities` over HTTP: `python -m benchmarks.trades_http`.

A tenant on SQLite whose offers and needs make some 100,000 arcs, heavy-tailed in parties and goods,
asked by a server of its own (`renmai serve`) over one connection kept open. Each question is
another (another least value), so none is answered from kept answers; the snapshot and the market
are warm. Prints Markdown.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.snapshot import Client, port_of
from graph.model import Money, NodeRef
from graph.network import build_network
from graph.sqlite import SqliteStore
from graph.store import Upsert
from referral.trades.from_network import market

PARTIES, GOODS = 20_000, 2_000
OFFERS, NEEDS = 7_000, 13_500
ASKED = 60

QUERY = """query ($least: Money!, $first: Int!) {
  tradeOpportunities(maxParties: 3, minValue: $least, first: $first) {
    total exact endCursor
    items { rank score value topUp legs {
      giver { key name } receiver { key name } good { name } quantity value } }
  }
}"""


def wishes(kind: str, count: int, chance: np.random.Generator) -> list[Upsert]:
    """Offers or needs whose parties and goods are drawn by rank ** -0.5."""
    drawn = []
    for size in (PARTIES, GOODS):
        weights = np.cumsum(np.arange(1, size + 1) ** -0.5)
        drawn.append(np.searchsorted(weights / weights[-1], chance.random(count)).tolist())
    values = chance.integers(1_000, 1_000_000, count).tolist()
    return [
        Upsert(
            kind,
            f"{kind}{place}",
            {
                "source": NodeRef("Customer", f"c{party}"),
                "target": NodeRef("Good", f"g{good}"),
                "value_minor": Money(value),
                "quantity": 1 + place % 4,
            },
        )
        for place, (party, good, value) in enumerate(zip(*drawn, values, strict=True))
    ]


async def fill(folder: str) -> int:
    """Writes the tenant; the number of its arcs."""
    chance = np.random.default_rng(1)
    changes = [Upsert("Customer", f"c{i}", {"name": f"Customer {i}"}) for i in range(PARTIES)]
    changes += [Upsert("Good", f"g{i}", {"name": f"Good {i}"}) for i in range(GOODS)]
    changes += wishes("Offer", OFFERS, chance) + wishes("Need", NEEDS, chance)
    store = SqliteStore(Path(folder))
    graph = store.tenant("default")
    for begin in range(0, len(changes), 10_000):
        await graph.commit(changes[begin : begin + 10_000], actor="benchmark")
    arcs = market(await build_network(graph)).graph.arcs
    await store.close()
    return arcs


def measure(client: Client) -> None:
    """Prints the times of the first question, of others, and of repeated ones."""
    found = client.ask(QUERY, least="0.00", first=20)["tradeOpportunities"]
    times: dict[str, list[float]] = {"another question": [], "the same again": []}
    for least in range(1, ASKED + 1):
        for taken in times.values():
            taken.append(1_000 * client.took(QUERY, least=f"{least}.00", first=20))
    sys.stdout.write(f"{found['total']:,} circles of at most 3\n\n")
    sys.stdout.write("| first 20 | min ms | median ms | p95 ms |\n|---|---:|---:|---:|\n")
    for name, taken in times.items():
        low, middle, high = min(taken), np.median(taken), np.percentile(taken, 95)
        sys.stdout.write(f"| {name} | {low:.1f} | {middle:.1f} | {high:.1f} |\n")


def main() -> None:
    """Fills a folder, serves it and asks."""
    with tempfile.TemporaryDirectory() as folder:
        arcs = asyncio.run(fill(folder))
        sys.stdout.write(f"load {os.getloadavg()[0]:.1f}; {arcs:,} arcs, ")
        command = [str(Path(sys.executable).with_name("renmai")), "serve"]
        environment = os.environ | {
            "RENMAI_STORE": f"sqlite:///{folder}",
            "RENMAI_PORT": "0",
            "RENMAI_LOG_LEVEL": "warning",
            "RENMAI_REQUEST_TIMEOUT_S": "300",
        }
        server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        try:
            measure(Client(port_of(server)))
        finally:
            server.terminate()
            server.wait(60)


if __name__ == "__main__":
    main()
