"""A small company, with at least one member in every relation of every kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from graph.model import Money, NodeRef
from graph.model.words import (
    AffiliationKind,
    CreditRating,
    CustomerKind,
    DealRoleKind,
    OrganizationKind,
    ReferralStatus,
    Stage,
    TieKind,
    TradeStatus,
)
from graph.store import Upsert

MANY = 120
"""Customers, and as many contacts and organizations."""


def company() -> list[Upsert]:
    """The records, as changes to commit."""
    return [Upsert(kind, key, values) for kind, key, values in _records()]


def _customer(i: int) -> NodeRef:
    return NodeRef("Customer", f"c{i:03}")


def _contact(i: int) -> NodeRef:
    return NodeRef("Contact", f"p{i:03}")


def _organization(i: int) -> NodeRef:
    return NodeRef("Organization", f"o{i:03}")


def _records() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    yield "Staff", "s0", {"name": "李雷"}
    yield "Staff", "s1", {"name": "Han Meimei"}
    yield "Good", "g0", {"name": "Advertising", "category": "services"}
    yield "Good", "g1", {"name": "Cars"}
    for i in range(MANY):
        yield from _nodes(i)
        yield from _edges(i)


def _nodes(i: int) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    yield (
        "Customer",
        _customer(i).key,
        {
            "name": f"客户 {i:03}",
            "kind": CustomerKind.PERSON if i % 2 else CustomerKind.ORGANIZATION,
            "stage": list(Stage)[i % 6],
            "region": ("上海", "西安", None)[i % 3],
            "headcount": i if i % 4 else None,
            "trust": i / MANY if i % 5 else None,
            "founded_on": date(2000, 1, 1 + i % 28) if i % 7 else None,
            "credit_rating": CreditRating.A if i == 3 else None,
            "emails": (f"c{i}@example.com",) if i % 3 == 0 else (),
            "custom": {"tier": "gold"} if i == 1 else {},
        },
    )
    yield "Contact", _contact(i).key, {"name": f"王小{i:03}", "region": "北京", "hobbies": ("go",)}
    kind = OrganizationKind.SCHOOL if i % 2 else OrganizationKind.COMPANY
    yield "Organization", _organization(i).key, {"name": f"Org {i:03}", "kind": kind}
    yield (
        "Purchase",
        f"b{i:03}",
        {
            "customer_key": _customer(i // 2).key,
            "at": datetime(2026, 1, 1, i % 24, tzinfo=UTC),
            "amount_minor": Money(10_000 + 5 * i),
            "referral_key": f"r{i:03}",
        },
    )


def _edge(source: NodeRef, target: NodeRef, **values: Any) -> Mapping[str, Any]:
    return {"source": source, "target": target, **values}


def _edges(i: int) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    referrer = (_customer(i // 3), _contact(i // 3), _organization(i // 3))[i % 3]
    referred = (_organization(i), _customer(i), _contact(i))[i % 3]
    at = datetime(2026, 2, 1, tzinfo=UTC)
    status = list(ReferralStatus)[i % 5]
    yield "Referral", f"r{i:03}", _edge(referrer, referred, status=status, at=at)
    again = datetime(2026, 3, 1, tzinfo=UTC)
    late = _edge(_contact(0), referred, status=ReferralStatus.LOST, at=again, channel="fair")
    if i > 0:
        yield "Referral", f"x{i:03}", late
    other = _contact((i + 1) % MANY)
    yield "Tie", f"t{i:03}", _edge(_contact(i), other, kind=list(TieKind)[i % 7])
    studied = _edge(_contact(i), _organization(i // 2), kind=AffiliationKind.STUDIED_AT, title="MA")
    yield "Affiliation", f"a{i:03}", studied
    driver = _edge(_contact(i), _customer(i), role=DealRoleKind.DRIVER)
    yield "DealRole", f"d{i:03}", driver
    held_by = _contact(i) if i % 2 else _organization(i)
    yield "Account", f"k{i:03}", _edge(_customer(i), held_by)
    good = NodeRef("Good", f"g{i % 2}")
    party = (_customer(i), _contact(i), _organization(i))[i % 3]
    yield "Offer", f"f{i:03}", _edge(party, good, value_minor=Money(100 * i), priority=i % 4)
    yield "Need", f"n{i:03}", _edge(party, NodeRef("Good", f"g{(i + 1) % 2}"))
    yield "Veto", f"z{i:03}", _edge(party, _organization((i + 1) % MANY), reason="quarrel")
    yield "Trade", f"e{i:03}", {"value_minor": Money(i), "status": list(TradeStatus)[i % 5]}
    leg = {"trade_key": f"e{i // 2:03}", "position": 1, "offer_key": f"f{i:03}"}
    leg |= {"giver_kind": party.kind, "giver_key": party.key, "need_key": f"n{i:03}"}
    leg |= {"receiver_kind": "Staff", "receiver_key": "s0", "good_key": good.key}
    yield "TradeLeg", f"l{i:03}", leg
    staff = NodeRef("Staff", f"s{i % 2}")
    before = _edge(staff, _customer(i), since=date(2025, 1, 1), until=date(2025, 12, 31))
    yield "Ownership", f"w{i:03}", before
    if i != 5:
        now = _edge(NodeRef("Staff", "s1"), _customer(i), since=date(2026, 1, 1))
        yield "Ownership", f"v{i:03}", now
