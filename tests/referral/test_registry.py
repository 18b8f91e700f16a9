from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import pytest
from pydantic import Field

from graph.errors import BadInput
from graph.model import NodeRef
from graph.network import Network
from referral import registry
from referral.registry import analytics, run
from referral.top_referrers import ReferrerMeasure
from tests.referral.networks import network


def test_every_module_is_found() -> None:
    assert list(analytics()) == [
        "communities",
        "contact_network",
        "debt_clearing",
        "influencers",
        "missing_links",
        "network_statistics",
        "path",
        "referral_reach",
        "top_referrers",
        "trade_opportunities",
        "trade_plan",
    ]


def test_describes_arguments_from_the_signature() -> None:
    by_name = {p.name: p for p in analytics()["top_referrers"].parameters}

    first, since, measure = by_name["first"], by_name["since"], by_name["measure"]
    assert (first.type, first.default, first.least, first.most) == (int, 20, 1, 1000)
    assert first.description == "Number of rows, 1 to 1,000."
    assert (since.type, since.optional, since.required, since.default) == (
        datetime,
        True,
        False,
        None,
    )
    assert (measure.type, measure.optional) == (ReferrerMeasure, False)


def test_describes_lists_and_required_arguments() -> None:
    kinds = {p.name: p for p in analytics()["contact_network"].parameters}["kinds"]
    key = {p.name: p for p in analytics()["referral_reach"].parameters}["key"]

    assert kinds.many
    assert len(kinds.default) == 5
    assert key.required
    assert key.type is str


def test_says_what_an_answer_is_about() -> None:
    around, reach = analytics()["contact_network"], analytics()["referral_reach"]

    assert (around.of, around.field, around.optional) == ("Contact", "network", True)
    assert (reach.of, reach.field, reach.optional) == (None, "referral_reach", True)
    assert not analytics()["influencers"].optional


def test_runs_by_name_with_checked_arguments() -> None:
    answer = run("top_referrers", network(2, Referral=[(0, 1)]), {"first": 1, "measure": "COUNT"})

    assert answer.items[0].party == NodeRef("Contact", "c00000")


def test_refuses_an_unknown_name_with_those_there_are() -> None:
    with pytest.raises(BadInput, match="'nothing' is not an analytic; use one of communities"):
        run("nothing", network(1), {})


def test_one_about_records_cannot_be_run_over_the_whole() -> None:
    with pytest.raises(BadInput, match="'contact_network' is not an analytic"):
        run("contact_network", network(1), {})


def test_names_every_wrong_argument() -> None:
    with pytest.raises(BadInput) as caught:
        run("top_referrers", network(1), {"first": 0, "since": "2026-01-01T00:00", "measure": "X"})

    assert {p.field: p.message for p in caught.value.problems} == {
        "measure": (
            "'X': must be 'COUNT', 'CONVERTED', 'VALUE', 'REACH', 'REACH_DECAYED' or 'VALUE_CHAIN'"
        ),
        "since": (
            "'2026-01-01T00:00': a time needs its offset from UTC, "
            "for example 2026-05-01T09:30:00+08:00"
        ),
        "first": "0: must be at least 1",
    }
    assert str(caught.value).endswith("(and 2 more)")


def test_names_a_missing_argument() -> None:
    with pytest.raises(
        BadInput, match=r"^key: referral_reach needs this argument; it takes kind, key, max_depth$"
    ):
        run("referral_reach", network(1), {"kind": "CONTACT"})


def test_keeps_an_optional_argument_that_is_null() -> None:
    checked = analytics()["top_referrers"].validate({"since": None, "until": "2026-01-01T00:00Z"})

    assert checked == {"since": None, "until": datetime(2026, 1, 1, tzinfo=UTC)}


def test_a_function_without_a_docstring_has_no_description(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(registry, "_REGISTERED", {})

    @registry.analytic()
    def plain(
        network: Network, *, many: Annotated[tuple[int, ...], Field(max_length=2)]
    ) -> Network:
        return network

    described = registry._REGISTERED["plain"]
    assert described.description == ""
    assert (described.parameters[0].description, described.parameters[0].many) == ("", True)
