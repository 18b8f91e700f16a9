"""The queries of docs/analytics.md run on the demo data as they stand, and nothing is left out."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from api.cli.demo import load_demo
from api.service import Service
from api.settings import load
from referral.centrality import InfluenceMeasure
from referral.registry import analytics
from referral.top_referrers import ReferrerMeasure

PAGE = (Path(__file__).parents[2] / "docs" / "analytics.md").read_text("utf-8")
QUERIES = {
    re.findall(r"query (\w+)", text)[0]: text
    for text in re.findall(r"```graphql\n(.*?)```", PAGE, re.DOTALL)
}
SECTIONS = dict(
    re.findall(r"^#{2,3} ([^\n]+)\n(.*?)(?=^#{2,3} |\Z)", PAGE, re.DOTALL | re.MULTILINE)
)


@pytest.fixture(scope="module")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    settings = load(
        {},
        store=f"sqlite:///{tmp_path_factory.mktemp('demo')}",
        cache_dir="none",
        request_timeout_s=300.0,
    )
    async with Service(settings) as service:
        await load_demo(service.store.tenant(service.settings.tenant))
        yield service


def filled(value: Any) -> bool:
    """Whether an answer has anything in it: rows, or a record that is there."""
    (found,) = value.values()
    if "contact" in value:
        return bool(found["network"]["nodes"])
    rows = ("items", "byDepth", "nodes", "trades", "debts")
    return any(found.get(name) for name in rows)


@pytest.mark.parametrize("name", sorted(QUERIES))
async def test_a_query_of_the_page_answers(demo: Service, name: str) -> None:
    answer = await demo.execute(QUERIES[name], actor="test")

    assert "errors" not in answer, answer
    assert filled(answer["data"]), answer


@pytest.mark.parametrize("measure", [*InfluenceMeasure, *ReferrerMeasure])
def test_a_measure_is_explained_to_sales_and_engineering(measure: str) -> None:
    (text,) = (t for title, t in SECTIONS.items() if measure in title.split(", "))

    sales = text.partition("*Sales:* ")[2].partition("\n\n")[0]
    engineering = text.partition("*Engineering:* ")[2].partition("\n\n")[0]
    assert (len(sales.split("\n")), len(engineering.strip().split("\n"))) == (2, 5)


def test_every_analytic_has_a_section_with_a_query() -> None:
    shown = "\n".join(QUERIES.values())

    for analytic in analytics().values():
        words = analytic.field.split("_")
        name = words[0] + "".join(word.title() for word in words[1:])
        assert any(f"`{name}`" in title for title in SECTIONS), name
        assert re.search(rf"\b{name}\(", shown), name
