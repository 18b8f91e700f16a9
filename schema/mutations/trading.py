"""The mutations of the work flow of trades: proposing one, and moving it on."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from strawberry.types.field import StrawberryField

from graph.errors import BadInput, CommitRejected, FieldProblem, Problem, ProblemCode, shown
from graph.ids import new_key
from graph.inputs import validate, validate_key
from graph.model import NodeRef, Trade, TradeLeg, Veto, relations
from graph.model.words import TradeStatus
from graph.query import And, Compare, FindQuery, Op, Order, RelatedQuery, Window
from graph.store import TenantGraph, Upsert
from referral.registry import analytics
from referral.trades.plan import MOST_PARTIES
from referral.trades.workflow import MOST_LEGS, Facts, Wanted, advance, kept_legs, propose
from schema.answers import answer_type
from schema.declare import argument, definition, input_field, input_type, list_of
from schema.mutations.changes import checked_key
from schema.mutations.inputs import KEY, NEW_KEY, once_field
from schema.mutations.payloads import Payload, payload, record_field
from schema.relation import Call, relation_field
from schema.root import root_field
from schema.scalars import graphql_enum

PERMISSION = "write:trades"

_KEYS = uuid.UUID("f1a0b5c2-6c1f-5d3e-9a44-0c8e2f7b9d10")
_MOST_VETOES = 1_000

FEWEST_PARTIES, USUAL_PARTIES = 2, 3

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Advanced(Payload):
    """What `advanceTrade` answers.

    Attributes:
        failed: legs of a trade that has just failed, from which to plan anew; else none.
        max_parties: most parties of a circle of that plan.
    """

    failed: Sequence[TradeLeg] = ()
    max_parties: int = USUAL_PARTIES


def fields() -> list[StrawberryField]:
    """proposeTrade and advanceTrade."""
    return [
        root_field(
            "propose_trade",
            _propose,
            payload("ProposeTrade", [record_field(Trade, "It as it is now; null if errors.")])
            | None,
            permission=PERMISSION,
            description="Records a circle or chain of parties as a trade that is proposed to them.",
            arguments=[argument("input", _proposal(), "The trade.", required=True)],
        ),
        root_field(
            "advance_trade",
            _advance,
            payload(
                "AdvanceTrade",
                [record_field(Trade, "It as it is now; null if errors."), _replan_field()],
            )
            | None,
            permission=PERMISSION,
            description="Moves a trade on: PROPOSED, NEGOTIATING, AGREED (its units are reserved), "
            "DONE (they are used up); FAILED at any time (they are given back).",
            arguments=[argument("input", _step(), "Which and whereto.", required=True)],
        ),
    ]


# -- inputs


def _made(name: str, says: str, fields: list[StrawberryField]) -> Any:
    made = input_type(name, says)
    definition(made).fields.extend(fields)
    return made


def _proposal() -> Any:
    leg = _made(
        "TradeLegInput",
        "One leg: units of an offer for a need of the same good.",
        [
            input_field("offer", str, "Key of the offer.", required=True),
            input_field("need", str, "Key of the need.", required=True),
            input_field("quantity", int, "Units that move; 1 if not given."),
        ],
    )
    says = f"In order: who receives one gives the next; 2 to {MOST_LEGS}, of a chain also 1."
    return _made(
        "ProposeTradeInput",
        "A trade to propose.",
        [
            input_field("key", str, NEW_KEY),
            input_field("legs", list_of(leg), says, required=True),
            input_field("chain", bool, "A gift begins it, and the first gets nothing back."),
            input_field("note", str, "Anything worth keeping."),
            input_field("planChecksum", str, "Checksum of the plan it is taken from."),
            once_field(),
        ],
    )


def _step() -> Any:
    return _made(
        "AdvanceTradeInput",
        "One step of a trade.",
        [
            input_field("key", str, KEY, required=True),
            input_field("to", graphql_enum(TradeStatus), "What it becomes.", required=True),
            input_field("reason", str, "Why it fails; needed for FAILED."),
            input_field("failedLeg", int, "Place of the leg it fails for, from 1."),
            input_field(
                "replanMaxParties", int, "Most parties of a circle in `replan`, 2 to 5; else 3."
            ),
            once_field(),
        ],
    )


# -- what they do


async def _propose(call: Call, *, input: Values) -> Payload:
    once = _once(input)
    found: list[FieldProblem] = []
    key = _key(input.get("key"), once, found)
    words = _words({"note": input.get("note"), "plan_checksum": input.get("planChecksum")}, found)
    legs = [_leg(place, leg, found) for place, leg in enumerate(input["legs"])]
    if found:
        return _refused(found)
    facts = await _facts(call.context.graph, legs)
    chain = bool(input.get("chain"))
    return await _commit(call, propose(key, legs, facts, chain=chain, **words), once)


async def _advance(call: Call, *, input: Values) -> Payload:
    once, graph = _once(input), call.context.graph
    to = TradeStatus[input["to"].name]
    found: list[FieldProblem] = []
    key = _key(input["key"], once, found)
    words = _words({"reason": input.get("reason") or None}, found)
    most = _most(input.get("replanMaxParties"), found)
    if found:
        return _refused(found)
    trade = (await graph.nodes("Trade", [key])).get(key)
    if not isinstance(trade, Trade):
        message = f"there is no Trade {shown(key)}; propose it first"
        return Payload(errors=[Problem(0, ProblemCode.NOT_FOUND, message, "key")])
    legs = await _legs_of(graph, trade)
    facts = None
    if to is TradeStatus.AGREED:
        wanted = [Wanted(leg.offer_key, leg.need_key, leg.quantity) for leg in legs]
        facts = await _facts(graph, wanted, vetoes=False)
    changes = advance(
        trade, legs, to, datetime.now(UTC), failed=input.get("failedLeg"), facts=facts, **words
    )
    done = await _commit(call, changes, once)
    fields = {name: getattr(done, name) for name in Payload.__slots__}
    if done.errors or to is not TradeStatus.FAILED:
        return Advanced(**fields)
    return Advanced(**fields, failed=await _legs_of(graph, trade), max_parties=most)


def _most(given: int | None, found: list[FieldProblem]) -> int:
    """Most parties of a circle of the plan anew: looked at before anything is written."""
    most = USUAL_PARTIES if given is None else given
    if not FEWEST_PARTIES <= most <= MOST_PARTIES:
        message = f"{most}: give {FEWEST_PARTIES} to {MOST_PARTIES}, or leave it out"
        found.append(FieldProblem("replanMaxParties", message))
    return most


def _once(input: Values) -> str | None:
    once = input.get("idempotencyKey")
    return None if once is None else validate_key(once, what="idempotencyKey")


def _key(given: str | None, once: str | None, found: list[FieldProblem]) -> str:
    """The trade's key: as given, else a new one, the same for the same idempotency key."""
    if given is not None:
        return checked_key(given, "key", found)
    return new_key() if once is None else str(uuid.uuid5(_KEYS, once))


def _leg(place: int, leg: Values, found: list[FieldProblem]) -> Wanted:
    offer = checked_key(leg["offer"], f"legs.{place}.offer", found)
    need = checked_key(leg["need"], f"legs.{place}.need", found)
    quantity = leg.get("quantity")
    return Wanted(offer, need, 1 if quantity is None else quantity)


def _words(given: dict[str, Any], found: list[FieldProblem]) -> dict[str, Any]:
    """Texts of a trade, checked."""
    try:
        return validate("Trade", given)
    except BadInput as error:
        found += error.problems
        return given


async def _facts(graph: TenantGraph, legs: Sequence[Wanted], *, vetoes: bool = True) -> Facts:
    """What the legs are checked against: two reads, and one more for vetoes."""
    offers: Any = await graph.nodes("Offer", [leg.offer for leg in legs if leg.offer])
    needs: Any = await graph.nodes("Need", [leg.need for leg in legs if leg.need])
    parties = {record.source for record in (*offers.values(), *needs.values())}
    found = await _vetoes_among(graph, parties) if vetoes and parties else []
    return Facts(offers, needs, found, datetime.now(UTC).date())


async def _vetoes_among(graph: TenantGraph, parties: set[NodeRef]) -> list[Veto]:
    among = tuple(sorted(parties))
    both = And((Compare("source", Op.IN, among), Compare("target", Op.IN, among)))
    page = await graph.find(FindQuery("Veto", both, window=Window(first=_MOST_VETOES)))
    return [veto for veto in page.items if isinstance(veto, Veto)]


async def _legs_of(graph: TenantGraph, trade: Trade) -> list[TradeLeg]:
    legs = relations("Trade")["legs"]
    query = RelatedQuery(legs, order=(Order("position"),), window=Window(first=MOST_LEGS))
    page = (await graph.related(query, [trade.ref]))[trade.ref]
    return [hit.node for hit in page.items if isinstance(hit.node, TradeLeg)]


async def _commit(call: Call, changes: Sequence[Upsert], once: str | None) -> Payload:
    context = call.context
    try:
        receipt = await context.commit(changes, once)
    except CommitRejected as rejected:
        return Payload(errors=_public(changes, rejected.problems))
    found = Payload((), receipt.outcomes[:1], receipt.version, receipt.replayed)
    if not call.selects("trade"):
        return found
    key = changes[0].key
    records = await context.graph.nodes("Trade", [key])
    return replace(found, records=list(records.values()))


def _refused(found: Sequence[FieldProblem]) -> Payload:
    problems = [Problem(0, ProblemCode.INVALID, p.message, _named(p.field)) for p in found]
    return Payload(errors=problems)


_NAMES = {
    "plan_checksum": "planChecksum",
    "offer_key": "offer",
    "need_key": "need",
    "status": "to",
    "failed_leg": "failedLeg",
}


def _named(field: str) -> str:
    return _NAMES.get(field, field)


def _public(changes: Sequence[Upsert], problems: Sequence[Problem]) -> list[Problem]:
    """Problems of the changes as those of the trade; of its units only if it could move on."""
    own = [p for p in problems if changes[p.index].kind not in ("Offer", "Need")]
    causes = [p for p in own if not _follows(changes[p.index].kind, p)]
    told = [_of_trade(changes[p.index].kind, p) for p in causes or own or problems]
    return list({p.message: p for p in reversed(told)}.values())[::-1]  # each once, at its first


def _follows(kind: str, problem: Problem) -> bool:
    """Whether a leg is refused only since its trade is: it is not there, or was there before."""
    there = problem.field == "trade_key" or problem.code is ProblemCode.ALREADY_EXISTS
    return kind == "TradeLeg" and there


def _of_trade(kind: str, problem: Problem) -> Problem:
    """The problem in the words of the mutation: fields by their names there, legs by place."""
    field = None if problem.field is None else _named(problem.field)
    if kind == "TradeLeg" and field is not None:
        field = f"legs.{problem.index - 1}.{field}"
    elif kind in ("Offer", "Need"):
        field = None
    return replace(problem, index=0, field=field)


# -- planning anew


def _replan_field() -> StrawberryField:
    plan = analytics()["trade_plan"]

    async def replan(parents: Sequence[Payload], call: Call) -> list[Any]:
        return [await _again(parent, call) for parent in parents]

    return relation_field(
        "replan",
        replan,
        answer_type(plan.result) | None,
        permission=PERMISSION,
        description="After a failure: the best plan without the failed leg that keeps as many of "
        "the others as it can, and all that other trades have reserved; else null.",
    )


async def _again(parent: Payload, call: Call) -> Any:
    if not isinstance(parent, Advanced) or not parent.failed:
        return None
    computing = call.context.analytics
    if computing is None:
        raise TypeError("this request's context was made without analytics")
    dropped = [
        {"offer": leg.offer_key, "need": leg.need_key}
        for leg in parent.failed
        if leg.failed and leg.offer_key and leg.need_key
    ]
    asked = {
        "max_parties": parent.max_parties,
        "keep": [{"offer": offer, "need": need} for offer, need in kept_legs(parent.failed)],
        "without": dropped,
        "explain": 0,
    }
    graph = call.context.graph
    plan = analytics()["trade_plan"]
    return await computing.whole(plan, graph.tenant, asked, parent.version or 0)
