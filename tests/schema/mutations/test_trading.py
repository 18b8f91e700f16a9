"""The work flow of trades through the schema, on every store: states, units, races, repetitions."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from graph.model import Money, NodeRef
from graph.snapshots import Snapshots
from graph.store import Store, TenantGraph, Upsert
from schema.build import Schema
from schema.computing import Analytics
from schema.context import Context
from tests.schema.mutations.conftest import new_tenant

RING = ("agency", "maker", "house")
GOODS = ("ads", "cars", "code")
SHOWN = "version replayed errors { code message field }"


def offered(quantity: int = 1, **more: Any) -> list[Upsert]:
    """Three firms around, each offering what the next needs; a fourth offers code as well.

    Goods go agency -> house (ads), maker -> agency (cars), house -> maker (code).
    """
    firms = [*RING, "rival"]
    changes = [Upsert("Customer", name, {"name": name.title()}) for name in firms]
    changes += [Upsert("Good", name, {"name": name.title()}) for name in GOODS]
    wishes = [("agency", "ads", "house"), ("maker", "cars", "agency"), ("house", "code", "maker")]
    for giver, good, taker in wishes:
        for kind, who, value in (("Offer", giver, Money(5_000)), ("Need", taker, None)):
            values: dict[str, Any] = {
                "source": NodeRef("Customer", who),
                "target": NodeRef("Good", good),
            }
            values |= {"quantity": quantity, "value_minor": value, **more}
            changes.append(Upsert(kind, good, values))
    code = NodeRef("Good", "code")
    rival = {"source": NodeRef("Customer", "rival"), "target": code}
    changes.append(Upsert("Offer", "code-rival", rival))
    ads = {"source": NodeRef("Customer", "rival"), "target": NodeRef("Good", "ads")}
    changes.append(Upsert("Need", "ads-rival", ads))
    return changes


@dataclass
class Desk:
    """Somebody who works with trades through the real schema."""

    schema: Schema
    graph: TenantGraph
    analytics: Analytics

    async def run(self, query: str, **variables: Any) -> Any:
        result = await self.schema.execute(
            query,
            variable_values=variables,
            context_value=Context(self.graph, actor="anna", analytics=self.analytics),
        )
        assert result.errors is None, result.errors
        assert result.data is not None
        return result.data

    async def propose(self, key: str = "t1", quantity: int = 1, **more: Any) -> Any:
        """Proposes the circle of the three."""
        legs = [{"offer": g, "need": g, "quantity": quantity} for g in ("ads", "code", "cars")]
        given = {"key": key, "legs": legs, **more}
        data = await self.run(
            f"""mutation ($input: ProposeTradeInput!) {{ proposeTrade(input: $input) {{ {SHOWN}
            trade {{ key status value chain legs {{ edges {{ node {{ position quantity value failed
                giver {{ key }} receiver {{ key }} good {{ key }} offer {{ key }}
                }} }} }} }} }} }}""",
            input=given,
        )
        return data["proposeTrade"]

    async def advance(self, to: str, key: str = "t1", shows: str = "", **more: Any) -> Any:
        data = await self.run(
            f"""mutation ($input: AdvanceTradeInput!) {{ advanceTrade(input: $input) {{ {SHOWN}
            trade {{ status reason agreedAt closedAt }} {shows} }} }}""",
            input={"key": key, "to": to, **more},
        )
        return data["advanceTrade"]

    async def agreed(self, key: str = "t1", quantity: int = 1) -> None:
        """A trade that all have agreed on."""
        for answer in (
            await self.propose(key, quantity),
            await self.advance("NEGOTIATING", key),
            await self.advance("AGREED", key),
        ):
            assert answer["errors"] == []

    async def units(self) -> dict[str, tuple[int, int]]:
        """Units reserved and there, of each offer and need of the circle."""
        found: dict[str, tuple[int, int]] = {}
        for kind in ("Offer", "Need"):
            for key, record in (await self.graph.nodes(kind, GOODS)).items():
                found[f"{kind} {key}"] = (record.reserved, record.quantity)  # type: ignore[attr-defined]
        return found


def of_each(reserved: int, quantity: int) -> dict[str, tuple[int, int]]:
    return {f"{kind} {good}": (reserved, quantity) for kind in ("Offer", "Need") for good in GOODS}


def desk_in(store: Store, schema: Schema) -> Desk:
    return Desk(schema, store.tenant(new_tenant()), Analytics(Snapshots(store)))


@pytest.fixture
async def each_desk(each_store: Store, schema: Schema) -> Desk:
    """A desk on each store, with two units of everything."""
    desk = desk_in(each_store, schema)
    await desk.graph.commit(offered(2), actor="test")
    return desk


@pytest.fixture
async def desk(file_store: Store, schema: Schema) -> Desk:
    """A desk on the embedded store, with two units of everything."""
    desk = desk_in(file_store, schema)
    await desk.graph.commit(offered(2), actor="test")
    return desk


async def test_a_trade_goes_from_proposal_to_done_and_takes_its_units(each_desk: Desk) -> None:
    proposed = await each_desk.propose(note="met at the fair", planChecksum="abc")

    assert proposed["errors"] == []
    trade = proposed["trade"]
    assert (trade["status"], trade["value"], trade["chain"]) == ("PROPOSED", "150.00", False)
    legs = [edge["node"] for edge in trade["legs"]["edges"]]
    legs.sort(key=lambda leg: leg["position"])
    assert [(leg["giver"]["key"], leg["receiver"]["key"], leg["value"]) for leg in legs] == [
        ("agency", "house", "50.00"),
        ("house", "maker", "50.00"),
        ("maker", "agency", "50.00"),
    ]
    assert await each_desk.units() == of_each(0, 2)

    negotiating = await each_desk.advance("NEGOTIATING")
    assert negotiating["trade"]["status"] == "NEGOTIATING"
    assert await each_desk.units() == of_each(0, 2)

    agreed = await each_desk.advance("AGREED")
    assert agreed["errors"] == []
    assert agreed["trade"]["agreedAt"] is not None
    assert await each_desk.units() == of_each(1, 2)

    done = await each_desk.advance("DONE")
    assert (done["errors"], done["trade"]["status"]) == ([], "DONE")
    assert done["trade"]["closedAt"] is not None
    assert await each_desk.units() == of_each(0, 1)


async def test_units_are_given_back_when_an_agreed_trade_fails(each_desk: Desk) -> None:
    await each_desk.agreed(quantity=2)
    assert await each_desk.units() == of_each(2, 2)

    failed = await each_desk.advance("FAILED", reason="the house was sold", failedLeg=2)

    assert failed["errors"] == []
    assert failed["trade"]["reason"] == "the house was sold"
    assert await each_desk.units() == of_each(0, 2)
    data = await each_desk.run(
        '{ trade(key: "t1") { legs(orderBy: [{position: ASC}]) { edges { node { failed } } } } }'
    )
    legs = [edge["node"]["failed"] for edge in data["trade"]["legs"]["edges"]]
    assert legs == [False, True, False]


async def test_of_racing_agreements_only_as_many_hold_as_there_are_units(each_desk: Desk) -> None:
    """Eight trades want one unit each of two: two get them, whoever comes first."""
    keys = [f"t{i}" for i in range(8)]
    for key in keys:
        assert (await each_desk.propose(key))["errors"] == []
        assert (await each_desk.advance("NEGOTIATING", key))["errors"] == []

    answers = await asyncio.gather(*(each_desk.advance("AGREED", key) for key in keys))

    assert sum(not answer["errors"] for answer in answers) == 2
    assert await each_desk.units() == of_each(2, 2)
    for answer in answers:
        for error in answer["errors"]:
            assert error["code"] == "ILLEGAL_STEP"
            assert "has 0 of 2 units free, and the trade takes 1" in error["message"]
    found = await each_desk.graph.nodes("Trade", keys)
    assert sum(trade.agreed_at is not None for trade in found.values()) == 2  # type: ignore[attr-defined]


async def test_of_racing_steps_of_one_trade_one_is_made(each_desk: Desk) -> None:
    await each_desk.propose()
    await each_desk.advance("NEGOTIATING")

    answers = await asyncio.gather(*(each_desk.advance("AGREED") for _ in range(5)))

    assert sum(not answer["errors"] for answer in answers) == 1
    assert await each_desk.units() == of_each(1, 2)


async def test_racing_ends_of_an_agreed_trade_give_its_units_back_once(each_desk: Desk) -> None:
    await each_desk.agreed()

    answers = await asyncio.gather(
        each_desk.advance("DONE"),
        each_desk.advance("FAILED", reason="one"),
        each_desk.advance("FAILED", reason="two"),
    )

    assert sum(not answer["errors"] for answer in answers) == 1
    assert await each_desk.units() in (of_each(0, 2), of_each(0, 1))


async def test_a_failure_that_races_an_agreement_leaves_nothing_reserved(each_desk: Desk) -> None:
    await each_desk.propose()
    await each_desk.advance("NEGOTIATING")

    agreed, failed = await asyncio.gather(
        each_desk.advance("AGREED"), each_desk.advance("FAILED", reason="no")
    )
    if failed["errors"]:
        assert "has become AGREED meanwhile; read it again" in failed["errors"][0]["message"]
        assert (await each_desk.advance("FAILED", reason="no"))["errors"] == []
    else:
        assert (
            agreed["errors"] == [] or "is FAILED, which is final" in agreed["errors"][0]["message"]
        )

    assert await each_desk.units() == of_each(0, 2)


async def test_a_repetition_is_answered_as_the_first_was(each_desk: Desk) -> None:
    """Also when the units it took are gone, and the trade has moved on."""
    steps: list[tuple[str, dict[str, Any]]] = [
        ("NEGOTIATING", {}),
        ("AGREED", {}),
        ("FAILED", {"reason": "sold", "failedLeg": 1}),
    ]
    first = [await each_desk.propose(quantity=2, idempotencyKey="p")]
    for to, more in steps:
        first.append(await each_desk.advance(to, idempotencyKey=to, **more))
    gone = [Upsert("Offer", "ads", {"quantity": 0})]
    await each_desk.graph.commit(gone, actor="test")
    version = await each_desk.graph.version()

    again = [await each_desk.propose(quantity=2, idempotencyKey="p")]
    for to, more in steps:
        again.append(await each_desk.advance(to, idempotencyKey=to, **more))

    assert [a["errors"] for a in (*first, *again)] == [[]] * 8
    assert [a["version"] for a in again] == [a["version"] for a in first]
    assert [a["replayed"] for a in again] == [True] * 4
    assert await each_desk.graph.version() == version


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (["AGREED"], "trade 't1' is PROPOSED and cannot become AGREED; use NEGOTIATING or FAILED"),
        (["PROPOSED"], "is PROPOSED and cannot become PROPOSED"),
        (["NEGOTIATING", "DONE"], "is NEGOTIATING and cannot become DONE; use AGREED or FAILED"),
        (
            ["NEGOTIATING", "AGREED", "DONE", "NEGOTIATING"],
            "is DONE, which is final, and cannot become NEGOTIATING; propose a new trade",
        ),
    ],
)
async def test_states_are_not_leaped_over(desk: Desk, steps: list[str], message: str) -> None:
    await desk.propose()
    for step in steps[:-1]:
        assert (await desk.advance(step))["errors"] == []
    before = await desk.graph.version()

    answer = await desk.advance(steps[-1])

    (error,) = answer["errors"]
    assert (error["code"], error["field"]) == ("ILLEGAL_STEP", "to")
    assert message in error["message"]
    assert (answer["version"], answer["trade"]) == (None, None)
    assert await desk.graph.version() == before


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        ({"to": "FAILED"}, "reason", "is missing; say why the trade failed"),
        ({"to": "FAILED", "reason": ""}, "reason", "is missing"),
        (
            {"to": "NEGOTIATING", "reason": "x"},
            "reason",
            "a trade that becomes NEGOTIATING has none",
        ),
        (
            {"to": "FAILED", "reason": "x", "failedLeg": 4},
            "failedLeg",
            "4: give the place of the leg",
        ),
        (
            {"to": "FAILED", "reason": "x", "failedLeg": 0},
            "failedLeg",
            "0: give the place of the leg",
        ),
        ({"to": "NEGOTIATING", "failedLeg": 1}, "failedLeg", "1: give the place of the leg"),
        ({"to": "FAILED", "reason": "a\x00"}, "reason", "character U+0000"),
        ({"to": "FAILED", "reason": "x" * 10_001}, "reason", "must have at most 10,000 characters"),
        ({"to": "FAILED", "reason": "x", "key": "absent"}, "key", "there is no Trade 'absent'"),
        ({"to": "FAILED", "reason": "x", "key": ""}, "key", "a key has 1 to 128 characters"),
    ],
)
async def test_wrong_steps_are_refused_and_write_nothing(
    desk: Desk, given: dict[str, Any], field: str, message: str
) -> None:
    await desk.propose()
    before = await desk.graph.version()

    answer = await desk.advance(**given)

    (error,) = answer["errors"]
    assert error["field"] == field
    assert message in error["message"]
    assert await desk.graph.version() == before


def leg(offer: str, need: str | None = None, **more: Any) -> dict[str, Any]:
    return {"offer": offer, "need": need or offer, **more}


@pytest.mark.parametrize(
    ("legs", "field", "message"),
    [
        ([], "legs", "0 legs; a circle has 2 to 12"),
        ([leg("ads")], "legs", "1 legs; a circle has 2 to 12"),
        ([leg("none", "ads"), leg("cars")], "legs.0.offer", "there is no offer 'none'; plan again"),
        ([leg("ads"), leg("cars", "none")], "legs.1.need", "there is no need 'none'; plan again"),
        (
            [leg("ads", "cars"), leg("cars")],
            "legs.0.need",
            "the offer is of good 'ads', the need of",
        ),
        ([leg("ads", quantity=0), leg("cars")], "legs.0.quantity", "0 units; give 1 or more"),
        ([leg("ads", quantity=-2), leg("cars")], "legs.0.quantity", "-2 units; give 1 or more"),
        (
            [leg("ads"), leg("code"), leg("cars", quantity=3)],
            "legs.2.quantity",
            "offer 'cars' has 2 of 2 units free, and the trade takes 3",
        ),
        (
            [leg("ads"), leg("cars"), leg("code")],
            "legs.0.offer",
            "'agency' gives this leg, but 'maker' received the one before; put the legs in order",
        ),
        (
            [leg("ads"), leg("code")],
            "legs.0.offer",
            "'agency' gives this leg, but 'maker' received",
        ),
        (
            [leg("ads"), leg("code"), leg("cars"), leg("ads"), leg("code"), leg("cars")],
            "legs.3.offer",
            "'agency' stands in two legs; make two trades of it",
        ),
    ],
)
async def test_wrong_proposals_are_refused_and_write_nothing(
    desk: Desk, legs: list[Any], field: str, message: str
) -> None:
    before = await desk.graph.version()

    answer = await desk.propose(legs=legs)

    (error,) = answer["errors"]
    assert error["field"] == field
    assert message in error["message"]
    assert (answer["version"], answer["trade"]) == (None, None)
    assert await desk.graph.version() == before


async def test_a_trade_is_proposed_once_under_a_key(desk: Desk) -> None:
    await desk.propose()

    (error,) = (await desk.propose())["errors"]

    assert error["code"] == "ALREADY_EXISTS"
    assert "Trade 't1'" in error["message"]


async def test_a_veto_stands_against_proposing_and_against_agreeing(desk: Desk) -> None:
    await desk.propose()
    await desk.advance("NEGOTIATING")
    ends = {"source": NodeRef("Customer", "maker"), "target": NodeRef("Customer", "house")}
    await desk.graph.commit([Upsert("Veto", "v", ends)], actor="test")

    proposed, agreed = await desk.propose("t2"), await desk.advance("AGREED")

    refused = "'maker' refuses to trade with 'house'; plan again, or end that veto"
    assert [(e["field"], e["message"]) for e in proposed["errors"]] == [("legs.1.need", refused)]
    assert [e["message"] for e in agreed["errors"]] == [f"leg 2: {refused}"]

    ended = [Upsert("Veto", "v", {"until": datetime.now(UTC).date() - timedelta(days=1)})]
    await desk.graph.commit(ended, actor="test")
    assert (await desk.advance("AGREED"))["errors"] == []


async def test_an_offer_that_no_longer_holds_is_neither_proposed_nor_agreed(desk: Desk) -> None:
    await desk.propose()
    await desk.advance("NEGOTIATING")
    day = datetime.now(UTC).date() - timedelta(days=1)
    await desk.graph.commit([Upsert("Offer", "code", {"until": day})], actor="test")

    proposed, agreed = await desk.propose("t2"), await desk.advance("AGREED")

    message = f"offer 'code' held till {day}; ask for it to be renewed"
    assert [e["message"] for e in proposed["errors"]] == [message]
    assert [e["message"] for e in agreed["errors"]] == [f"leg 2: {message}"]


class Meanwhile:
    """A graph in which somebody else commits just before each commit."""

    def __init__(self, graph: TenantGraph, *others: Upsert) -> None:
        self._graph, self._others = graph, others

    def __getattr__(self, name: str) -> Any:
        return getattr(self._graph, name)

    async def commit(self, *given: Any, **named: Any) -> Any:
        await self._graph.commit(self._others, actor="another")
        return await self._graph.commit(*given, **named)


YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)
REFUSED = {"source": NodeRef("Customer", "maker"), "target": NodeRef("Customer", "house")}


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (
            Upsert("Veto", "v", REFUSED),
            "leg 2: 'maker' refuses to trade with 'house'; plan again, or end that veto",
        ),
        (
            Upsert("Offer", "code", {"until": YESTERDAY}),
            f"leg 2: offer 'code' held till {YESTERDAY}; ask for it to be renewed",
        ),
        (
            Upsert("Need", "cars", {"until": YESTERDAY}),
            f"leg 3: need 'cars' held till {YESTERDAY}; ask for it to be renewed",
        ),
    ],
)
async def test_what_is_committed_while_a_trade_is_agreed_stands_against_it(
    each_desk: Desk, other: Upsert, message: str
) -> None:
    """It comes after all that was read, and before the commit."""
    await each_desk.propose()
    await each_desk.advance("NEGOTIATING")
    graph = each_desk.graph
    late = Desk(each_desk.schema, Meanwhile(graph, other), each_desk.analytics)

    answer = await late.advance("AGREED")

    assert [(e["code"], e["message"]) for e in answer["errors"]] == [("ILLEGAL_STEP", message)]
    assert await each_desk.units() == of_each(0, 2)
    trade = (await graph.nodes("Trade", ["t1"]))["t1"]
    assert trade.status == "NEGOTIATING"  # type: ignore[attr-defined]


async def test_a_veto_between_two_who_swap_is_told_once(each_desk: Desk) -> None:
    """It stands against both of their legs."""
    other = {"source": NodeRef("Customer", "house"), "target": NodeRef("Good", "code")}
    back = {"source": NodeRef("Customer", "agency"), "target": NodeRef("Good", "code")}
    wishes = [Upsert("Offer", "other", other), Upsert("Need", "back", back)]
    await each_desk.graph.commit(wishes, actor="test")
    swap = [leg("ads"), leg("other", "back")]
    await each_desk.propose(legs=swap)
    await each_desk.advance("NEGOTIATING")
    ends = {"source": NodeRef("Customer", "house"), "target": NodeRef("Customer", "agency")}
    await each_desk.graph.commit([Upsert("Veto", "v", ends)], actor="test")

    proposed = await each_desk.propose("t2", legs=swap)
    agreed = await each_desk.advance("AGREED")

    refused = "'house' refuses to trade with 'agency'; plan again, or end that veto"
    assert [(e["field"], e["message"]) for e in proposed["errors"]] == [("legs.0.need", refused)]
    assert [e["message"] for e in agreed["errors"]] == [f"leg 1: {refused}"]


async def test_a_veto_of_others_or_one_that_has_ended_does_not_stand_against_agreeing(
    each_desk: Desk,
) -> None:
    await each_desk.propose()
    await each_desk.advance("NEGOTIATING")
    others = [
        Upsert("Veto", "ended", {**REFUSED, "until": YESTERDAY}),
        Upsert("Veto", "rival", {**REFUSED, "target": NodeRef("Customer", "rival")}),
    ]
    late = Desk(each_desk.schema, Meanwhile(each_desk.graph, *others), each_desk.analytics)

    assert (await late.advance("AGREED"))["errors"] == []


async def test_a_trade_is_never_agreed_after_a_veto(each_desk: Desk) -> None:
    """Whichever of the two comes first, the log tells, and the answer agrees with it."""
    for turn in range(6):
        key = f"t{turn}"
        await each_desk.propose(key)
        await each_desk.advance("NEGOTIATING", key)
        veto = each_desk.graph.commit([Upsert("Veto", key, REFUSED)], actor="test")

        agreed, receipt = await asyncio.gather(each_desk.advance("AGREED", key), veto)

        if agreed["errors"]:
            assert "'maker' refuses to trade with 'house'" in agreed["errors"][0]["message"]
        else:
            assert int(agreed["version"]) < receipt.version
            await each_desk.advance("FAILED", key, reason="vetoed")
        ended = [Upsert("Veto", key, {"until": YESTERDAY})]
        await each_desk.graph.commit(ended, actor="test")
        assert await each_desk.units() == of_each(0, 2)


async def test_a_chain_begins_with_a_gift_and_ends_open(desk: Desk) -> None:
    answer = await desk.propose(legs=[leg("ads"), leg("code")], chain=True)

    assert answer["errors"] == []
    assert answer["trade"]["chain"]


async def test_what_agreed_trades_reserve_is_neither_lowered_nor_deleted(desk: Desk) -> None:
    await desk.agreed(quantity=2)

    lowered = await desk.run(
        """mutation { updateOffer(input: {key: "ads", quantity: 1})
             { errors { code field message } } }"""
    )
    deleted = await desk.run(
        'mutation { deleteNeeds(input: {items: [{key: "ads"}]}) { errors { code message } } }'
    )

    assert lowered["updateOffer"]["errors"] == [
        {
            "code": "ILLEGAL_STEP",
            "field": "quantity",
            "message": "2 units of offer 'ads' are reserved by agreed trades; keep at least as "
            "many, or let those trades be done or fail first",
        }
    ]
    (error,) = deleted["deleteNeeds"]["errors"]
    assert error["message"].startswith("agreed trades have reserved 2 units of need 'ads'")
    assert await desk.units() == of_each(2, 2)


@pytest.mark.parametrize(
    "gone",
    [
        'deleteCustomers(input: {items: [{key: "agency"}]})',
        'deleteGoods(input: {items: [{key: "ads"}]})',
    ],
)
async def test_what_agreed_trades_reserve_does_not_go_with_its_party_or_good(
    each_desk: Desk, gone: str
) -> None:
    await each_desk.agreed()
    before = await each_desk.graph.version()
    delete = f"mutation {{ gone: {gone} {{ version errors {{ code field message }} }} }}"

    refused = (await each_desk.run(delete))["gone"]

    assert refused["version"] is None
    assert {(e["code"], e["field"]) for e in refused["errors"]} == {("ILLEGAL_STEP", "key")}
    assert "agreed trades have reserved 1 units of offer 'ads'; let them be done or fail first" in [
        e["message"] for e in refused["errors"]
    ]
    assert await each_desk.graph.version() == before

    await each_desk.advance("FAILED", reason="the agency closes")
    assert (await each_desk.run(delete))["gone"]["errors"] == []


async def test_a_trade_outlives_the_offers_it_drew_on(desk: Desk) -> None:
    await desk.agreed()
    failed = await desk.advance("FAILED", reason="agency closed")
    await desk.run('mutation { deleteCustomers(input: {items: [{key: "agency"}]}) { version } }')

    assert failed["errors"] == []
    assert (await desk.units())["Need ads"] == (0, 2)
    data = await desk.run(
        """{ trade(key: "t1") { legs(first: 1, orderBy: [{position: ASC}]) { edges { node {
             giverKey giver { key } receiver { key } offer { key } good { key } } } } } }"""
    )
    assert data["trade"]["legs"]["edges"][0]["node"] == {
        "giverKey": "agency",
        "giver": None,
        "receiver": {"key": "house"},
        "offer": None,
        "good": {"key": "ads"},
    }


async def test_no_derived_mutation_writes_trades_or_reservations(desk: Desk) -> None:
    core = desk.schema._schema
    names = set(core.mutation_type.fields) if core.mutation_type else set()
    assert {n for n in names if "rade" in n} == {"proposeTrade", "advanceTrade"}
    assert "reserved" not in core.type_map["OfferInput"].fields  # type: ignore[attr-defined]
    assert "reserved" not in core.type_map["UpdateNeedInput"].fields  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("offer", "code", "field", "message"),
    [
        ({"target": {"kind": "GOOD", "key": "none"}}, "MISSING_END", "target", "there is no Good"),
        ({"value": "-5.00"}, "INVALID", "value", "must be at least"),
        (
            {"value": "92233720368547758.07"},
            "INVALID",
            "value",
            "'92233720368547758.07': must be at most 11258999068426.24",
        ),
        ({"quantity": -1}, "INVALID", "quantity", "must be at least 0"),
        ({"target": {"kind": "CUSTOMER", "key": "house"}}, "WRONG_END", "target", "is a Good"),
    ],
)
async def test_wrong_offers_are_refused_and_write_nothing(
    desk: Desk, offer: dict[str, Any], code: str, field: str, message: str
) -> None:
    plain = {
        "source": {"kind": "CUSTOMER", "key": "agency"},
        "target": {"kind": "GOOD", "key": "ads"},
    }
    before = await desk.graph.version()

    data = await desk.run(
        """mutation ($input: RecordOffersInput!) { recordOffers(input: $input)
             { errors { code field message } } }""",
        input={"offers": [{"key": "new", **plain, **offer}]},
    )

    (error,) = data["recordOffers"]["errors"]
    assert (error["code"], error["field"]) == (code, field)
    assert message in error["message"]
    assert await desk.graph.version() == before


@pytest.mark.parametrize("value", ["999999999999999999.99", "999999999999999999999.00"])
async def test_an_absurd_value_is_refused_by_its_type(desk: Desk, value: str) -> None:
    ends = 'source: {kind: CUSTOMER, key: "agency"}, target: {kind: GOOD, key: "ads"}'
    query = f"""mutation {{ recordOffers(input: {{offers: [
        {{{ends}, value: "{value}"}}]}}) {{ version }} }}"""
    context = Context(desk.graph, analytics=desk.analytics)

    result = await desk.schema.execute(query, context_value=context)

    assert result.errors is not None
    assert "is too large" in result.errors[0].message


REPLAN = """replan { legs levels { goal value }
  trades { legs { giver { key } good { key } receiver { key } } } }"""


async def test_a_failure_offers_a_plan_that_keeps_the_other_legs(desk: Desk) -> None:
    """The house gives no code; the rival does, and takes the ads for it: cars stay as agreed."""
    await desk.agreed()

    failed = await desk.advance(
        "FAILED", reason="sold", failedLeg=2, replanMaxParties=4, shows=REPLAN
    )

    assert failed["errors"] == []
    plan = failed["replan"]
    assert plan["levels"][0] == {"goal": "KEPT_LEGS", "value": 1.0}
    (trade,) = plan["trades"]
    legs = [(x["giver"]["key"], x["good"]["key"], x["receiver"]["key"]) for x in trade["legs"]]
    assert legs == [
        ("agency", "ads", "rival"),
        ("rival", "code", "maker"),
        ("maker", "cars", "agency"),
    ]


async def test_a_plan_anew_leaves_alone_what_other_trades_hold(desk: Desk) -> None:
    await desk.agreed("other", quantity=1)
    await desk.agreed("t1", quantity=1)

    failed = await desk.advance("FAILED", reason="sold", failedLeg=2, shows=REPLAN)

    # one unit of each is the other's; the rival's circle needs a second one of ads and of cars
    assert len(failed["replan"]["trades"]) == 1
    units = await desk.units()
    assert units == of_each(1, 2)


@pytest.mark.parametrize("most", [1, 6, 99, -1])
async def test_a_plan_anew_that_cannot_be_asked_for_leaves_the_trade_as_it_is(
    each_desk: Desk, most: int
) -> None:
    await each_desk.agreed()
    before = await each_desk.graph.version()

    answer = await each_desk.advance(
        "FAILED", reason="sold", failedLeg=2, replanMaxParties=most, shows=REPLAN
    )

    assert answer["errors"] == [
        {
            "code": "INVALID",
            "field": "replanMaxParties",
            "message": f"{most}: give 2 to 5, or leave it out",
        }
    ]
    assert (answer["trade"], answer["replan"], answer["version"]) == (None, None, None)
    assert await each_desk.graph.version() == before
    assert await each_desk.units() == of_each(1, 2)


async def test_circles_of_a_plan_anew_may_be_kept_short(desk: Desk) -> None:
    """The rival's circle has three parties."""
    await desk.agreed()

    failed = await desk.advance(
        "FAILED", reason="sold", failedLeg=2, replanMaxParties=2, shows=REPLAN
    )

    assert (failed["errors"], failed["replan"]["trades"]) == ([], [])


async def test_only_a_failure_plans_anew(desk: Desk) -> None:
    await desk.propose()

    assert (await desk.advance("NEGOTIATING", shows=REPLAN))["replan"] is None


async def test_an_unknown_trade_has_nothing_to_plan_anew(desk: Desk) -> None:
    absent = await desk.advance("AGREED", key="nowhere", shows=REPLAN)

    assert absent["replan"] is None
    assert [error["code"] for error in absent["errors"]] == ["NOT_FOUND"]
