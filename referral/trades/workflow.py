"""The work flow of a trade as changes to commit: proposing it, and moving it on.

What is wrong stands in the rules of the changes, not before them: a repetition under the same
idempotency key is answered as the first was, whatever has become of the offers since.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from graph.errors import FieldProblem, shown
from graph.model import Need, NodeRef, Offer, Trade, TradeLeg, Veto
from graph.model.words import TradeStatus
from graph.store import Bar, Mode, Step, Upsert
from referral.trade_rules import agreed_step, held_till, trade_step, units_step, vetoed
from referral.trades.amounts import too_much

MOST_LEGS = 12
"""Most legs of one trade."""

_LEGS = uuid.UUID("3f5c1d0e-5a3b-5c57-8b1e-94f0b7a4c6d2")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One leg: units of an offer for a need.

    Attributes:
        offer, need: their keys; None where they have been deleted.
        quantity: units that move.
    """

    offer: str | None
    need: str | None
    quantity: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What the legs of a trade are checked against.

    Attributes:
        offers, needs: those named by the legs, by key.
        vetoes: those among the parties of the legs.
        today: offers and needs must hold on that day.
    """

    offers: Mapping[str, Offer]
    needs: Mapping[str, Need]
    vetoes: Sequence[Veto]
    today: date

    def ends(self, leg: Wanted) -> tuple[Offer, Need] | None:
        """The offer and the need of a leg; None when one is not there."""
        offer, need = self.offers.get(leg.offer or ""), self.needs.get(leg.need or "")
        return (offer, need) if offer is not None and need is not None else None


def propose(
    key: str,
    legs: Sequence[Wanted],
    facts: Facts,
    *,
    chain: bool = False,
    note: str | None = None,
    plan_checksum: str | None = None,
) -> list[Upsert]:
    """The changes that record a trade: the trade first, then its legs in order."""
    problems = problems_of(legs, facts, chain=chain)
    given = {"chain": chain, "note": note, "plan_checksum": plan_checksum}
    made = [_leg(key, place, leg, facts, problems) for place, leg in enumerate(legs)]
    value = sum(leg.derived["value_minor"] or 0 for leg in made)
    trade = Upsert(
        "Trade",
        key,
        given,
        Mode.CREATE,
        step=_refusal(problems.get(-1)),
        derived={"value_minor": value},
    )
    return [trade, *made]


def _leg(
    key: str, place: int, leg: Wanted, facts: Facts, problems: Mapping[int, FieldProblem]
) -> Upsert:
    ends = facts.ends(leg)
    values = {
        "trade_key": key,
        "position": place + 1,
        "offer_key": leg.offer,
        "need_key": leg.need,
        "quantity": leg.quantity,
    }
    name = str(uuid.uuid5(_LEGS, f"{place}:{key}"))
    return Upsert(
        "TradeLeg", name, values, Mode.CREATE, step=_refusal(problems.get(place)),
        derived=_who_gives_what(ends, leg.quantity),
    )  # fmt: skip


def _who_gives_what(ends: tuple[Offer, Need] | None, quantity: int) -> dict[str, Any]:
    """Giver, receiver, good and value; of a leg that will be refused, nothing but empty names."""
    nobody = NodeRef("", "")
    giver, receiver, good = nobody, nobody, None
    value: int | None = None
    if ends is not None:
        offer, need = ends
        giver, receiver, good = offer.source, need.source, offer.target.key
        unit = _valuing(offer, need).value_minor
        value = None if unit is None else unit * quantity
    return {
        "giver_kind": giver.kind,
        "giver_key": giver.key,
        "receiver_kind": receiver.kind,
        "receiver_key": receiver.key,
        "good_key": good,
        "value_minor": value,
    }


def _valuing(offer: Offer, need: Need) -> Offer | Need:
    """Which of the two says what a unit is worth."""
    return need if offer.value_minor is None else offer


def _refusal(problem: FieldProblem | None) -> Step | None:
    """A rule that refuses whatever is asked; None where nothing is wrong."""
    return None if problem is None else lambda _before, _after: problem


def problems_of(legs: Sequence[Wanted], facts: Facts, *, chain: bool) -> dict[int, FieldProblem]:
    """What is wrong with the legs, by their place; under -1 what is wrong with the whole."""
    found: dict[int, FieldProblem] = {}
    for place, leg in enumerate(legs):
        problem = _problem_of(leg, facts)
        if problem is not None:
            found[place] = problem
    if len(legs) > MOST_LEGS or len(legs) < (1 if chain else 2):
        least = "a chain has 1" if chain else "a circle has 2"
        found[-1] = FieldProblem("legs", f"{len(legs)} legs; {least} to {MOST_LEGS:,}")
    ends = [facts.ends(leg) for leg in legs]
    whole = [pair for pair in ends if pair is not None]
    if not found and len(whole) == len(legs):
        found.update(_joined(whole, chain=chain))
    return found


def _problem_of(leg: Wanted, facts: Facts) -> FieldProblem | None:
    """What is wrong with one leg alone."""
    ends = facts.ends(leg)
    if ends is None:
        missing = "need_key" if (leg.offer or "") in facts.offers else "offer_key"
        kind, key = ("need", leg.need) if missing == "need_key" else ("offer", leg.offer)
        return FieldProblem(missing, f"there is no {kind} {shown(key)}; plan again")
    offer, need = ends
    if offer.target != need.target:
        return FieldProblem(
            "need_key",
            f"the offer is of good {shown(offer.target.key)}, the need of "
            f"{shown(need.target.key)}; give an offer and a need of one good",
        )
    if offer.source == need.source:
        return FieldProblem(
            "need_key", f"{shown(offer.source.key)} would trade with itself; leave that leg out"
        )
    if leg.quantity < 1:
        return FieldProblem("quantity", f"{leg.quantity} units; give 1 or more")
    for name, wish in (("offer_key", offer), ("need_key", need)):
        if late := held_till(wish, facts.today):
            return FieldProblem(name, late)
        if leg.quantity > wish.quantity - wish.reserved:
            after = _with_reserved(wish, leg.quantity)
            short = units_step(wish, after)
            assert short is not None
            return FieldProblem("quantity", short.message)
    valuing = _valuing(offer, need)
    name, unit = type(valuing).__name__, valuing.value_minor or 0
    if absurd := too_much(name, valuing.key, unit, leg.quantity):
        return FieldProblem("quantity", absurd)
    return _vetoed(offer.source, need.source, facts.vetoes, facts.today)


def _with_reserved(wish: Offer | Need, more: int) -> Offer | Need:
    return replace(wish, reserved=wish.reserved + more)


def _vetoed(
    giver: NodeRef, receiver: NodeRef, vetoes: Sequence[Veto], today: date
) -> FieldProblem | None:
    for veto in vetoes:
        refused = vetoed(veto, today) if {veto.source, veto.target} == {giver, receiver} else None
        if refused:
            return FieldProblem("need_key", refused)
    return None


def _joined(ends: Sequence[tuple[Offer, Need]], *, chain: bool) -> dict[int, FieldProblem]:
    """Whether each receiver gives the next leg, and nobody gives or receives twice."""
    givers = [offer.source for offer, _ in ends]
    receivers = [need.source for _, need in ends]
    places = range(1, len(ends)) if chain else range(len(ends))
    for place in places:
        if receivers[place - 1] != givers[place]:
            message = (
                f"{shown(givers[place].key)} gives this leg, but {shown(receivers[place - 1].key)} "
                "received the one before; put the legs in order around"
            )
            return {place: FieldProblem("offer_key", message)}
    for parties in (givers, receivers):
        for place, party in enumerate(parties):
            if party in parties[:place]:
                message = f"{shown(party.key)} stands in two legs; make two trades of it"
                return {place: FieldProblem("offer_key", message)}
    return {}


def advance(
    trade: Trade,
    legs: Sequence[TradeLeg],
    to: TradeStatus,
    now: datetime,
    *,
    reason: str | None = None,
    failed: int | None = None,
    facts: Facts | None = None,
) -> list[Upsert]:
    """The changes that move a trade on.

    To AGREED, its units are reserved; from there to DONE they are used up, to FAILED given back.
    Units, last days and vetoes are looked at under the write lock: none that was committed before
    is passed over.

    Args:
        trade: as it was read.
        legs: its legs, in order.
        to: what it becomes.
        now: the time.
        reason: why it fails; it must be given then, and only then.
        failed: place of the leg it failed for, from 1.
        facts: offers and needs to check the legs against, before they are agreed.
    """
    moved: dict[str, Any] = {"status": to}
    if reason is not None:
        moved["reason"] = reason
    derived: dict[str, Any] = {}
    if to is TradeStatus.AGREED:
        derived["agreed_at"] = now
    elif to in (TradeStatus.DONE, TradeStatus.FAILED):
        derived["closed_at"] = now
    wrong = _wrong_step(legs, to, reason, failed) or _wrong_legs(trade, legs, facts)
    rule = _refusal(wrong) or trade_step(trade)
    agreed = to is TradeStatus.AGREED
    bars = _vetoes_of(legs, now.date()) if agreed else ()
    trade_change = Upsert(
        "Trade", trade.key, moved, Mode.UPDATE, step=rule, derived=derived, bars=bars
    )
    changes = [trade_change]
    if failed is not None and 1 <= failed <= len(legs):
        leg = legs[failed - 1]
        changes.append(Upsert("TradeLeg", leg.key, {"failed": True}, Mode.UPDATE))
    return changes + _units(trade, legs, to, now.date())


def _vetoes_of(legs: Sequence[TradeLeg], today: date) -> tuple[Bar, ...]:
    """Vetoes of either side of each leg stand against agreeing."""
    return tuple(_vetoes_of_leg(place, leg, today) for place, leg in enumerate(legs, 1))


def _vetoes_of_leg(place: int, leg: TradeLeg, today: date) -> Bar:
    giver = NodeRef(leg.giver_kind, leg.giver_key)
    receiver = NodeRef(leg.receiver_kind, leg.receiver_key)

    def rule(veto: Veto) -> FieldProblem | None:
        refused = vetoed(veto, today)
        return FieldProblem("status", f"leg {place}: {refused}") if refused else None

    return Bar("Veto", frozenset({(giver, receiver), (receiver, giver)}), rule)


def _wrong_step(
    legs: Sequence[TradeLeg], to: TradeStatus, reason: str | None, failed: int | None
) -> FieldProblem | None:
    fails = to is TradeStatus.FAILED
    if fails and not reason:
        return FieldProblem("reason", "is missing; say why the trade failed")
    if not fails and reason is not None:
        return FieldProblem("reason", f"a trade that becomes {to} has none; leave it out")
    if failed is not None and not (fails and 1 <= failed <= len(legs)):
        return FieldProblem(
            "failed_leg", f"{failed}: give the place of the leg that failed, 1 to {len(legs)}"
        )
    return None


def _wrong_legs(trade: Trade, legs: Sequence[TradeLeg], facts: Facts | None) -> FieldProblem | None:
    """The first thing that stands against agreeing."""
    if facts is None:
        return None
    facts = replace(facts, vetoes=(), today=date.min)  # both are looked at under the write lock
    wanted = [Wanted(leg.offer_key, leg.need_key, leg.quantity) for leg in legs]
    problems = problems_of(wanted, facts, chain=trade.chain)
    if not problems:
        return None
    place = min(problems)
    where = f"leg {place + 1}: " if place >= 0 else ""
    return FieldProblem("status", f"{where}{problems[place].message}")


def _units(trade: Trade, legs: Sequence[TradeLeg], to: TradeStatus, today: date) -> list[Upsert]:
    """What becomes of the units of the legs."""
    match to:
        case TradeStatus.AGREED:
            share = {"reserved": 1}
        case TradeStatus.DONE:
            share = {"reserved": -1, "quantity": -1}
        case TradeStatus.FAILED if trade.agreed_at is not None:
            share = {"reserved": -1}
        case _:
            return []
    taken: dict[tuple[str, str], int] = {}
    first: dict[tuple[str, str], int] = {}
    for place, leg in enumerate(legs, 1):
        for kind, key in (("Offer", leg.offer_key), ("Need", leg.need_key)):
            if key is not None:
                taken[kind, key] = taken.get((kind, key), 0) + leg.quantity
                first.setdefault((kind, key), place)
    return [
        Upsert(
            kind,
            key,
            {},
            Mode.UPDATE,
            step=agreed_step(first[kind, key], today) if to is TradeStatus.AGREED else units_step,
            add={name: sign * units for name, sign in share.items()},
        )
        for (kind, key), units in taken.items()
    ]


def kept_legs(legs: Sequence[TradeLeg]) -> list[tuple[str, str]]:
    """Offer and need of the legs that did not fail and are still there."""
    return [
        (leg.offer_key, leg.need_key)
        for leg in legs
        if not leg.failed and leg.offer_key is not None and leg.need_key is not None
    ]
