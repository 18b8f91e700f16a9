"""Multilateral set-off of debts (三角债): what cancels in circles without any money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from graph.errors import BadInput, FieldProblem, shown
from graph.model import Money, NodeRef
from graph.network import Network
from referral.answers import Answer, Long, PartyRef
from referral.parties import PartyArgument
from referral.registry import analytic
from referral.trades.amounts import LARGEST_AMOUNT
from referral.trades.clearing import clear_debts

MOST_DEBTS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """What one party owes another."""

    debtor: Annotated[PartyArgument, Field(description="Who owes.")]
    creditor: Annotated[PartyArgument, Field(description="Who is owed.")]
    amount_minor: Annotated[Money, Field(ge=0, le=LARGEST_AMOUNT, description="How much.")]


def _read_debt(value: Any) -> Any:
    """A debt written as `customer:a,customer:b,amount in minor units`, or as it came."""
    if not isinstance(value, str):
        return value
    parts = [part.strip() for part in value.split(",")]
    if len(parts) != 3:
        raise ValueError("write a debt as debtor,creditor,cents: customer:a,customer:b,12050")
    return dict(zip(("debtor", "creditor", "amount_minor"), parts, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class DebtLeft:
    """One debt, before and after."""

    debtor: Annotated[PartyRef, Field(description="Who owes.")]
    creditor: Annotated[PartyRef, Field(description="Who is owed.")]
    amount_minor: Annotated[Money, Field(description="What was owed.")]
    remaining_minor: Annotated[Money, Field(description="What is left of it.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetOffCircle:
    """Debts that fall by the same amount, each owed to the debtor of the next."""

    amount_minor: Annotated[Money, Field(description="What falls away from each.")]
    debts: Annotated[tuple[DebtLeft, ...], Field(description="The debts, around.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class DebtClearing(Answer):
    """The largest amount of debts that cancels in circles, nobody's balance being changed."""

    total_minor: Annotated[Money, Field(description="All debts together.")]
    cleared_minor: Annotated[Money, Field(description="What falls away.")]
    remaining_minor: Annotated[Money, Field(description="What is left.")]
    debts: Annotated[
        tuple[DebtLeft, ...], Field(description="The debts in the order in which they were given.")
    ]
    circles: Annotated[tuple[SetOffCircle, ...], Field(description="What cancels with what.")]
    unrecorded: Annotated[
        tuple[str, ...],
        Field(description="Parties that are not recorded, by kind and key: misspelt, perhaps."),
    ]


@analytic()
def debt_clearing(
    network: Network,
    *,
    debts: Annotated[
        tuple[Annotated[Debt, BeforeValidator(_read_debt)], ...],
        Field(max_length=MOST_DEBTS, description="Who owes whom how much, at most 10,000."),
    ],
) -> DebtClearing:
    """Debts that cancel in circles (三角债): A owes B, B owes C, C owes A, and no money moves.

    What is cleared is the most that can be: all debts less a minimum-cost flow with the same
    balances, exact to the cent. No debt grows, and each party is owed as much, less what it owes,
    as before. Parties need not be recorded. Ties: of several ways to clear as much, the solver
    chooses; the same debts in the same order clear the same way.

    Time of a linear programme on a network, memory O(d) for d debts.

    Raises:
        BadInput: a debt is negative, absurdly large, or owed to its own debtor.

    References: Fleischman, Dini & Littera 2020, doi:10.3390/jrfm13120295.
    """
    _check(debts)
    number: dict[NodeRef, int] = {}
    for debt in debts:
        number.setdefault(debt.debtor, len(number))
        number.setdefault(debt.creditor, len(number))
    cleared = clear_debts(
        [number[d.debtor] for d in debts],
        [number[d.creditor] for d in debts],
        [d.amount_minor for d in debts],
    )
    rows = tuple(
        DebtLeft(
            debtor=d.debtor,
            creditor=d.creditor,
            amount_minor=d.amount_minor,
            remaining_minor=Money(left),
        )
        for d, left in zip(debts, cleared.remaining.tolist(), strict=True)
    )
    return DebtClearing(
        version=Long(network.version),
        computed_at=network.computed_at,
        method="largest circulation by linear programme, made whole",
        total_minor=Money(cleared.total),
        cleared_minor=Money(cleared.cleared),
        remaining_minor=Money(cleared.total - cleared.cleared),
        debts=rows,
        circles=tuple(
            SetOffCircle(amount_minor=Money(c.amount), debts=tuple(rows[d] for d in c.debts))
            for c in cleared.circles
        ),
        unrecorded=_unrecorded(network, list(number)),
    )


def _unrecorded(network: Network, parties: list[NodeRef]) -> tuple[str, ...]:
    nodes = network.nodes.ids_of(parties)
    unknown = [party for party, node in zip(parties, nodes, strict=True) if node < 0]
    return tuple(f"{party.kind} {party.key}" for party in unknown)


def _check(debts: tuple[Debt, ...]) -> None:
    problems = [
        FieldProblem(f"debts.{place}", f"{shown(d.debtor.key)} owes itself; leave that debt out")
        for place, d in enumerate(debts)
        if d.debtor == d.creditor
    ]
    if problems:
        raise BadInput(f"{problems[0].field}: {problems[0].message}", problems)
