"""A process that writes commits of three records until it is done or killed.

    python -m tests.graph.store_contract.writer STORE PLACE TENANT NAME COMMITS TASKS

It prints the version and the tie's key of each commit once the store has acknowledged it.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import Iterator

from graph.model import NodeRef
from graph.model.words import TieKind
from graph.store import TenantGraph, Upsert
from tests.graph.stores import STORES


def triple(key: str) -> list[Upsert]:
    """Two contacts and their tie: all of them are there, or none."""
    ends = {"source": NodeRef("Contact", f"{key}-1"), "target": NodeRef("Contact", f"{key}-2")}
    return [
        Upsert("Contact", f"{key}-1", {"name": key}),
        Upsert("Contact", f"{key}-2", {"name": key}),
        Upsert("Tie", key, {**ends, "kind": TieKind.FRIEND}),
    ]


async def write(graph: TenantGraph, name: str, numbers: Iterator[int]) -> None:
    """Commits under the numbers it takes, and tells each that was acknowledged."""
    for number in numbers:
        key = f"{name}-{number}"
        receipt = await graph.commit(triple(key), actor=name)
        sys.stdout.write(f"{receipt.version} {key}\n")
        sys.stdout.flush()


async def main(kind: str, place: str, tenant: str, name: str, commits: int, tasks: int) -> None:
    """Runs so many tasks that share the commits."""
    store = STORES[kind].open(place)
    numbers = iter(range(commits)) if commits else itertools.count()
    graph = store.tenant(tenant)
    await asyncio.gather(*(write(graph, name, numbers) for _ in range(tasks)))
    await store.close()


if __name__ == "__main__":
    _, kind, place, tenant, name, commits, tasks = sys.argv
    asyncio.run(main(kind, place, tenant, name, int(commits), int(tasks)))
