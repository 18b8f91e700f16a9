"""The queries that GraphiQL shows a first visitor run on the demo data as they stand."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import api.graphiql
from api.cli.demo import load_demo
from api.service import Service
from api.settings import load

SOURCE = Path(api.graphiql.__file__).parent / "source" / "examples.js"
EXAMPLE = re.compile(r"query: `([^`]*)`,\s*variables: '([^']*)'")


@pytest.fixture(scope="module")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    folder = tmp_path_factory.mktemp("demo")
    async with Service(load({}, store=f"sqlite:///{folder}")) as service:
        await load_demo(service.store.tenant(service.settings.tenant))
        yield service


def examples() -> dict[str, tuple[str, dict[str, Any]]]:
    """Text and variables of each example, by the name of its operation."""
    found = {}
    for query, variables in EXAMPLE.findall(SOURCE.read_text("utf-8")):
        (name,) = re.findall(r"^(?:query|mutation) (\w+)", query, re.MULTILINE)
        found[name] = query, json.loads(variables)
    return found


async def answer(demo: Service, name: str) -> Any:
    query, variables = examples()[name]
    document = await demo.execute(query, variables, actor="test")
    assert document.get("errors", []) == []
    return document["data"]


async def test_top_referrers(demo: Service) -> None:
    items = (await answer(demo, "TopReferrers"))["topReferrers"]["items"]

    assert [row["rank"] for row in items] == list(range(1, 11))
    assert all(row["party"]["name"] for row in items)


async def test_a_contact_s_network(demo: Service) -> None:
    contact = (await answer(demo, "ContactNetwork"))["contact"]

    assert contact["name"]
    assert {node["distance"] for node in contact["network"]["nodes"]} == {1, 2}
    assert contact["network"]["edges"]


async def test_trade_opportunities(demo: Service) -> None:
    items = (await answer(demo, "TradeOpportunities"))["tradeOpportunities"]["items"]

    assert len(items) == 10
    assert {len(row["legs"]) for row in items} <= {2, 3}


async def test_a_referral_can_be_recorded_once(demo: Service) -> None:
    first = (await answer(demo, "RecordReferral"))["recordReferral"]
    second = (await answer(demo, "RecordReferral"))["recordReferral"]

    assert (first["referral"]["status"], first["errors"]) == ("PENDING", [])
    assert [problem["code"] for problem in second["errors"]] == ["ALREADY_CLAIMED"]


def test_every_example_is_tested() -> None:
    assert set(examples()) == {
        "TopReferrers",
        "ContactNetwork",
        "TradeOpportunities",
        "RecordReferral",
    }
