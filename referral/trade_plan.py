"""The best set of trades that can all be done, with the reasons of those left out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field

from graph.errors import BadInput, NotFound, shown
from graph.model import NodeRef
from graph.model.fields import Day, Key, Share, Text
from graph.network import Network
from referral.allowance import budget, seconds, stoppable_clock
from referral.parties import PartyArgument, id_of_party
from referral.registry import analytic
from referral.trades.explain import LeftOut, Reason, left_out
from referral.trades.from_network import Market, market
from referral.trades.instance import LONGEST_CHAIN
from referral.trades.plan import expectation, plan, value_of
from referral.trades.plan_answer import TradePlan, plan_answer
from referral.trades.plan_types import Capacity, Goal, Objective, PlanOptions
from referral.trades.plan_types import TradePlan as Made
from referral.trades.want_graph import with_arcs

LONGEST_S = 25.0
"""Most seconds one plan may take."""

USUAL_CHAIN = 4
"""Most legs of a chain where nothing is said."""

EXPLAINING_S = 2.0
"""Seconds at least that are left for the reasons of those left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LegChance:
    """How likely it is that a leg holds."""

    giver: Annotated[PartyArgument, Field(description="Who gives.")]
    receiver: Annotated[
        PartyArgument | None, Field(description="Who receives; null = whoever does.")
    ] = None
    chance: Annotated[Share, Field(gt=0, description="Above 0 and up to 1.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class LegKeys:
    """Names a leg by what it joins."""

    offer: Annotated[Key, Field(description="Key of the offer.")]
    need: Annotated[Key, Field(description="Key of the need.")]


def _read_leg(value: Any) -> Any:
    """A leg written as `offer,need`, or as it came."""
    if not isinstance(value, str):
        return value
    offer, comma, need = value.partition(",")
    if not comma:
        raise ValueError("write a leg as the keys offer,need")
    return {"offer": offer.strip(), "need": need.strip()}


def _read_chance(value: Any) -> Any:
    """A chance written as `customer:a,0.5` or `customer:a,customer:b,0.5`, or as it came."""
    if not isinstance(value, str):
        return value
    *ends, chance = (part.strip() for part in value.split(","))
    if len(ends) not in (1, 2):
        raise ValueError("write a chance as giver,chance or giver,receiver,chance: customer:a,0.5")
    return {**dict(zip(("giver", "receiver"), ends, strict=False)), "chance": chance}


@analytic()
def trade_plan(
    network: Network,
    *,
    objective: Annotated[Objective, Field(description="What the plan has most of.")] = (
        Objective.PARTIES
    ),
    max_parties: Annotated[
        int | None,
        Field(ge=2, le=5, description="Most parties of a circle, 2 to 5; null = no limit."),
    ] = 3,
    capacity: Annotated[
        Capacity,
        Field(description="PARTY: each trades once. UNITS: as often as units of goods allow."),
    ] = Capacity.PARTY,
    region: Annotated[Text | None, Field(description="Only parties of this region.")] = None,
    on: Annotated[
        Day | None,
        Field(description="Only offers and needs that hold on that day; null = the graph's day."),
    ] = None,
    givers: Annotated[
        tuple[PartyArgument, ...],
        Field(max_length=100, description="Those who give first and ask nothing back."),
    ] = (),
    max_chain: Annotated[
        int | None,
        Field(
            ge=0,
            le=LONGEST_CHAIN,
            description="Most legs of a chain that a gift begins; null = 4 with a limit on "
            "circles, none without, where no other than 0 can be given.",
        ),
    ] = None,
    forced: Annotated[
        tuple[PartyArgument, ...],
        Field(max_length=100, description="Parties that must have a trade."),
    ] = (),
    chance: Annotated[
        Share, Field(gt=0, description="How likely a leg holds of which nothing else is said.")
    ] = 1.0,
    chances: Annotated[
        tuple[Annotated[LegChance, BeforeValidator(_read_chance)], ...],
        Field(max_length=1_000, description="How likely legs hold; of several, the last counts."),
    ] = (),
    keep: Annotated[
        tuple[Annotated[LegKeys, BeforeValidator(_read_leg)], ...],
        Field(
            max_length=100,
            description="Legs to keep as many of as can be, before all else; with PARTIES alone.",
        ),
    ] = (),
    without: Annotated[
        tuple[Annotated[LegKeys, BeforeValidator(_read_leg)], ...],
        Field(max_length=1_000, description="Legs that must not be used."),
    ] = (),
    explain: Annotated[
        int, Field(ge=0, le=1_000, description="How many of those left out to explain.")
    ] = 20,
    costs: Annotated[
        bool,
        Field(description="Plan again with each of these forced in: one more plan for each."),
    ] = False,
    seed: Annotated[
        int, Field(ge=0, le=2**31 - 1, description="Of equally good plans, others may come.")
    ] = 1,
    time_limit_s: Annotated[
        float,
        Field(ge=0.01, le=LONGEST_S, description="Seconds after which the best known is given."),
    ] = 10.0,
) -> TradePlan:
    """The best set of trades that can all be done: no party, or no unit of a good, is used twice.

    What is best is told level by level, each with those before it settled: the objective, then as
    many parties, shorter circles, value, and swaps that stand on their own within larger circles.
    EXPECTED counts a trade's value times the chance that all its legs hold. When time is over the
    best plan known is given, with its bound and gap. The same question of the same version with
    the same seed has the same answer, and so the same checksum, unless time ran out.
    Ties: the seed decides, then lower kind and key.

    Time: a mixed-integer programme with a limit on circles (NP-hard from 3 on), an assignment
    without one; memory O(w) for w pairs of an offer and a need of one good, and the columns made.

    Raises:
        BadInput: the forced parties can't all trade; a length of chains without one of circles.
        NotFound: a party, a region, or an offer or need of `without` or `keep` is not there.
        TooExpensive: more than 20 million pairs of an offer and a need.

    References: Dickerson et al. 2016, arXiv:1606.01623; Abraham, Blum & Sandholm 2007,
    doi:10.1145/1250910.1250954 (column generation for cycle packing).
    """
    allowed = max(0.001, seconds(time_limit_s))
    clock = stoppable_clock()
    end = clock() + allowed
    whole = _market(network, on, region, givers, chance, chances)
    found = _without(network, whole, without)
    options = PlanOptions(
        objective=objective,
        max_parties=max_parties,
        capacity=capacity,
        max_chain=_longest_chain(max_parties, max_chain, givers),
        forced=_forced(network, found, forced),
        seed=seed,
        time_limit_s=allowed,
    )
    made = _plan(network, found, options, keep, clock)
    missing, reasons = _reasons(found, options, made, explain, costs=costs, end=end, clock=clock)
    if budget().stopped():
        budget().check("tradePlan")  # what was found so far is nobody's answer
    reasons = [_closer(whole, one) for one in reasons]
    return plan_answer(network, found, options, made, missing, reasons, costs=costs)


def _plan(
    network: Network,
    found: Market,
    options: PlanOptions,
    keep: Sequence[LegKeys],
    clock: Callable[[], float],
) -> Made:
    """The best plan; with legs to keep, the best of those that keep most of them."""
    graph = found.graph
    if not keep:
        return plan(graph, options, clock=clock)
    if options.objective is not Objective.PARTIES:
        raise BadInput("keep: with legs to keep, parties are what comes next; use PARTIES")
    kept = _named(network, found, keep, "keep").astype(np.int64)
    whole = options.capacity is Capacity.UNITS
    units = graph.units if whole else np.ones_like(graph.units)
    made = plan(
        replace(graph, value=kept, units=units),
        replace(options, objective=Objective.VALUE),
        clock=clock,
    )
    first, *rest = made.levels
    levels = (replace(first, goal=Goal.KEPT_LEGS), *rest)
    return replace(
        made,
        levels=levels,
        value=value_of(graph, made.trades, by_units=whole),
        expected=expectation(graph, made.trades, by_units=whole),
    )


def _without(network: Network, found: Market, legs: Sequence[LegKeys]) -> Market:
    if not legs:
        return found
    dropped = _named(network, found, legs, "without")
    return found._replace(graph=with_arcs(found.graph, ~dropped))


def _named(
    network: Network, found: Market, legs: Sequence[LegKeys], what: str
) -> NDArray[np.bool_]:
    """Mask of the arcs that these legs are.

    Raises:
        NotFound: an offer or a need is not there at all.
    """
    graph = found.graph
    for kind, keys in (
        ("Offer", [leg.offer for leg in legs]),
        ("Need", [leg.need for leg in legs]),
    ):
        absent = set(keys) - set(network.edges[kind].keys.take(np.arange(len(network.edges[kind]))))
        if absent:
            raise NotFound(f"{what}: there is no {kind} {shown(min(absent))}; check its key")
    offers = network.edges["Offer"].keys.take(found.offers)
    needs = network.edges["Need"].keys.take(found.needs)
    pairs = {(leg.offer, leg.need) for leg in legs}
    wanted = {o for o, _ in pairs}, {n for _, n in pairs}
    offering = np.array([key in wanted[0] for key in offers], np.bool_)
    needing = np.array([key in wanted[1] for key in needs], np.bool_)
    mask = np.zeros(graph.arcs, np.bool_)
    for arc in np.flatnonzero(offering[graph.offer] & needing[graph.need]).tolist():
        mask[arc] = (offers[graph.offer[arc]], needs[graph.need[arc]]) in pairs
    return mask


def _market(
    network: Network,
    on: Day | None,
    region: str | None,
    givers: Sequence[NodeRef],
    chance: float,
    chances: Sequence[LegChance],
) -> Market:
    """The market with the chances of its legs."""
    found = market(network, on=on, region=region, givers=[id_of_party(network, p) for p in givers])
    graph = found.graph
    likely = np.full(graph.arcs, chance)
    for one in chances:
        those = found.party[graph.giver] == id_of_party(network, one.giver)
        if one.receiver is not None:
            those &= found.party[graph.receiver] == id_of_party(network, one.receiver)
        likely[those] = one.chance
    return found._replace(graph=replace(graph, probability=likely))


def _longest_chain(
    max_parties: int | None, max_chain: int | None, givers: Sequence[NodeRef]
) -> int | None:
    """Chains are as free as circles: without a limit on these there is none on those.

    Raises:
        BadInput: a length where it can't be kept.
    """
    if max_parties is None and max_chain:
        raise BadInput(
            f"max_chain {max_chain}: without a limit on circles, chains have none either; give "
            "max_parties 2 to 5 as well, or leave max_chain out"
        )
    if not givers or max_chain == 0:
        return 0
    return None if max_parties is None else max_chain or USUAL_CHAIN


def _forced(network: Network, found: Market, parties: Sequence[NodeRef]) -> tuple[int, ...]:
    numbers = []
    for ref in parties:
        node = id_of_party(network, ref)
        place = int(np.searchsorted(found.party, node))
        if place == len(found.party) or found.party[place] != node:
            raise BadInput(
                f"forced: {ref.kind} {shown(ref.key)} neither offers nor needs anything on that "
                "day and in that region; record an offer and a need, or leave it out"
            )
        numbers.append(place)
    return tuple(dict.fromkeys(numbers))


def _closer(whole: Market, one: LeftOut) -> LeftOut:
    """The reason, told more closely where nothing of the party's fits.

    Args:
        whole: all that holds, the legs left out by `without` among it.
        one: what the graph of wants tells.
    """
    party, gives = one.party, one.reason is Reason.NOT_WANTED
    if not gives and one.reason is not Reason.NOTHING_FITS:
        return one
    if not (whole.wishes.offer_party == party).any():
        return replace(one, reason=Reason.OFFERS_NOTHING)
    if not gives and not (whole.wishes.need_party == party).any():
        return replace(one, reason=Reason.NEEDS_NOTHING)
    if ((whole.graph.giver if gives else whole.graph.receiver) == party).any():
        return replace(one, reason=Reason.EXCLUDED)
    if party in whole.vetoed[0 if gives else 1]:
        return replace(one, reason=Reason.VETOED)
    return one


def _reasons(
    found: Market,
    options: PlanOptions,
    made: Made,
    explain: int,
    *,
    costs: bool,
    end: float,
    clock: Callable[[], float],
) -> tuple[list[int], list[LeftOut]]:
    """Those left out, and the reasons of the first of them, as far as time allows."""
    trading = {party for trade in made.trades for party in trade.parties}
    missing = [p for p in range(len(found.graph)) if p not in trading and not found.graph.gift[p]]
    asked = missing[:explain]
    end = max(end, time.monotonic() + EXPLAINING_S)  # a search that was stopped has none
    reasons: list[LeftOut] = []
    for party in asked:
        left = end - clock()
        if left <= 0:
            break
        share = max(0.01, left / (len(asked) - len(reasons)))
        limited = replace(options, time_limit_s=share)
        reasons += left_out(
            found.graph, limited, made, parties=[party], costs=costs, budget_s=share
        )
    return missing, reasons
