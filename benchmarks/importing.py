"""How fast an import is: the cdnow data set into SQLite and, if a URL is given, into Neo4j.

    python -m benchmarks.importing [--data ../shared/data] [--neo4j bolt://user:password@host:port]

Prints a Markdown table of wall and processor seconds (of this process; a server's are its own)
and rows a second. Rows are those of the report: one for each record that a line of the file makes.
"""

# ruff: noqa: T201  (a command line that prints its result)
from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
import uuid
from pathlib import Path
from urllib.parse import unquote, urlsplit

from graph.importing import import_folder
from graph.neo4j_store import Neo4jStore
from graph.sqlite import SqliteStore
from graph.store import Store


async def measure(name: str, store: Store, data: Path) -> str:
    """Imports twice into a new tenant; one row of the table for each."""
    await store.ready()
    graph = store.tenant(f"bench-{uuid.uuid4().hex[:8]}")
    lines = []
    for run in ("first", "again"):
        wall, processor = time.perf_counter(), time.process_time()
        report = await import_folder("cdnow", data / "cdnow", graph)
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        records = report.written + report.unchanged
        lines.append(
            f"| {name} | {run} | {report.written:,} | {report.unchanged:,} | {wall:.1f} | "
            f"{processor:.1f} | {records / wall:,.0f} |"
        )
    await store.close()
    return "\n".join(lines)


async def main() -> None:
    """Measures the stores and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--neo4j", default=os.environ.get("RENMAI_TEST_NEO4J"))
    options = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    print("| store | run | written | unchanged | wall s | CPU s | records/s |")
    print("|---|---|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        print(await measure("SQLite", SqliteStore(Path(folder)), options.data))
    if options.neo4j:
        url = urlsplit(options.neo4j)
        user, password = unquote(url.username or ""), unquote(url.password or "")
        store = Neo4jStore(f"{url.scheme}://{url.hostname}:{url.port}", user, password)
        print(await measure("Neo4j", store, options.data))
    print(f"\nload at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    asyncio.run(main())
