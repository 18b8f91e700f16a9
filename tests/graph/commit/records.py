"""Records and refusals that tests of commits share."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from graph.errors import CommitRejected, Problem
from graph.model import Contact, Customer, Good, NodeRef, Offer, Purchase, Referral, Tie
from graph.model.words import ReferralStatus, TieKind
from graph.store import Change
from tests.graph.ledger import Ledger
from tests.graph.strategies import BASE

LATER = BASE + timedelta(days=1)
P: dict[str, Any] = {"kind": TieKind.FRIEND}


def ref(kind: str, key: str) -> NodeRef:
    return NodeRef(kind, key)


def refused(ledger: Ledger, *given: Change) -> tuple[Problem, ...]:
    before = dict(ledger.records)
    with pytest.raises(CommitRejected) as rejected:
        ledger.commit(given)
    assert ledger.records == before
    return rejected.value.problems


def only(problems: Sequence[Problem]) -> Problem:
    (problem,) = problems
    return problem


def contact(key: str, **values: Any) -> Contact:
    return Contact(key=key, name=key, **values)


def customer(key: str) -> Customer:
    return Customer(key=key, name=key)


def referral(key: str, target: str, status: ReferralStatus = ReferralStatus.PENDING) -> Referral:
    return Referral(
        key=key, source=ref("Contact", "a"), target=ref("Customer", target), status=status
    )


def purchase(key: str, customer_key: str, referral_key: str | None = None) -> Purchase:
    return Purchase(
        key=key,
        customer_key=customer_key,
        at=BASE,
        amount_minor=1,  # type: ignore[arg-type]
        referral_key=referral_key,
    )


def tie(key: str, one: str, other: str) -> Tie:
    return Tie(key=key, source=ref("Contact", one), target=ref("Contact", other), **P)


def offer(key: str = "o", **values: Any) -> Offer:
    return Offer(key=key, source=ref("Contact", "a"), target=ref("Good", "g"), **values)


def market(**values: Any) -> Ledger:
    return Ledger([contact("a"), Good(key="g", name="g"), offer(**values)])
