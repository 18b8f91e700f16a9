"""The examples of docs/trades.md run one after the other on an empty store, as they stand there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from api.service import Service
from api.settings import load

PAGE = Path(__file__).parents[2] / "docs" / "trades.md"
STEP = re.compile(r"```graphql\n(.*?)```(?:\n\n```json\n(.*?)```)?", re.DOTALL)


def steps() -> list[tuple[str, Any]]:
    """Each example with the answer that stands below it; None where there is none."""
    found = STEP.findall(PAGE.read_text("utf-8"))
    return [(query, json.loads(answer) if answer else None) for query, answer in found]


async def test_the_page_s_examples_answer_what_it_says(tmp_path: Path) -> None:
    settings = load({}, store=f"sqlite:///{tmp_path}", cache_dir="none")
    compared = 0
    async with Service(settings) as service:
        for query, expected in steps():
            document = await service.execute(query, actor="test")
            assert document.get("errors", []) == [], query
            if expected is None:
                assert all(part["errors"] == [] for part in document["data"].values()), query
            else:
                assert document["data"] == expected, query
                compared += 1
    assert compared == 7
