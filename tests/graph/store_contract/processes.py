"""Processes beside the test's own that write to the same place."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

from tests.graph.stores import StoreRow

PROJECT = Path(__file__).parents[3]


async def run_writer(
    row: StoreRow, place: str, tenant: str, name: str, *, commits: int = 0, tasks: int = 1
) -> Process:
    """Starts a writer (see writer.py); without a number of commits it writes until killed."""
    arguments = [row.name, place, tenant, name, str(commits), str(tasks)]
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.graph.store_contract.writer",
        *arguments,
        cwd=PROJECT,
        stdout=PIPE,
        stderr=PIPE,
    )
