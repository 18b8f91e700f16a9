"""Analytics through the schema: exact answers, arguments, records opened in batches."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from graph.model import Money, NodeRef, Record
from graph.model.words import ReferralStatus, TieKind
from graph.snapshots import Snapshots
from graph.sqlite import SqliteStore
from graph.store import Delete, TenantGraph, Upsert
from schema.build import Schema, build_schema
from schema.computing import Analytics
from schema.context import Context

CONVERTED, PENDING = ReferralStatus.CONVERTED, ReferralStatus.PENDING


def agency() -> list[Upsert]:
    """Ann referred Bo (the customer bought) and Cy; Bo referred the firm Dee; three firms trade."""
    ann, bo = NodeRef("Contact", "ann"), NodeRef("Customer", "bo")
    cy, dee = NodeRef("Contact", "cy"), NodeRef("Organization", "dee")
    at = datetime(2026, 5, 1, tzinfo=UTC)
    changes = [Upsert(ref.kind, ref.key, {"name": ref.key.title()}) for ref in (ann, bo, cy, dee)]
    changes += [
        Upsert("Referral", key, {"source": one, "target": other, "status": status, "at": at})
        for key, one, other, status in (
            ("r1", ann, bo, CONVERTED),
            ("r2", ann, cy, PENDING),
            ("r3", bo, dee, PENDING),
        )
    ]
    order = {"customer_key": "bo", "at": at, "amount_minor": Money(12_050), "referral_key": "r1"}
    changes.append(Upsert("Purchase", "p1", order))
    changes.append(Upsert("Tie", "t1", {"source": ann, "target": cy, "kind": TieKind.CLASSMATE}))
    goods = [NodeRef("Good", name) for name in ("ads", "cars", "code")]
    firms = (bo, dee, cy)
    for at_, (good, firm) in enumerate(zip(goods, firms, strict=True)):
        changes.append(Upsert("Good", good.key, {"name": good.key.title()}))
        offer = {"source": firm, "target": good, "value_minor": Money(1_000 * (at_ + 1))}
        changes.append(Upsert("Offer", f"o{at_}", offer))
        need = {"source": firms[(at_ + 1) % 3], "target": good}
        changes.append(Upsert("Need", f"n{at_}", need))
    return changes


class CountingGraph:
    """A real graph whose reads of records are kept."""

    def __init__(self, graph: TenantGraph) -> None:
        self._graph = graph
        self.reads: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._graph, name)

    async def nodes(
        self, kind: str, keys: Sequence[str], fields: frozenset[str] | None = None
    ) -> Mapping[str, Record]:
        self.reads.append(len(keys))
        return await self._graph.nodes(kind, keys, fields)

    async def records(
        self, refs: Sequence[NodeRef], fields: frozenset[str] | None = None
    ) -> Mapping[NodeRef, Record]:
        self.reads.append(len(refs))
        return await self._graph.records(refs, fields)


@dataclass
class Asker:
    """Asks the real schema about one tenant.

    Attributes:
        schema: the whole schema.
        graph: the tenant's graph.
        analytics: what computes.
        reads: numbers of the records read by the last query.
    """

    schema: Schema
    graph: TenantGraph
    analytics: Analytics | None
    reads: list[int] = field(default_factory=list)

    async def run(self, query: str, **variables: Any) -> tuple[Any, list[dict[str, Any]]]:
        """Data and errors, as a client gets them."""
        counting = CountingGraph(self.graph)
        result = await self.schema.execute(
            query,
            variable_values=variables,
            context_value=Context(counting, analytics=self.analytics),
        )
        self.reads = counting.reads
        return result.data, [dict(e.formatted) for e in result.errors or ()]

    async def ask(self, query: str, **variables: Any) -> Any:
        """Data of a query that must have no errors."""
        data, errors = await self.run(query, **variables)
        assert errors == []
        return data

    async def refused(self, query: str, **variables: Any) -> tuple[str, str]:
        """Code and message of the one error of a query."""
        _, (error,) = await self.run(query, **variables)
        return error["extensions"]["code"], error["message"]


@pytest.fixture(scope="session")
async def agency_store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SqliteStore]:
    """A store; tenants of it are the tests' own."""
    store = SqliteStore(tmp_path_factory.mktemp("agency"))
    await store.tenant("agency").commit(agency(), actor="test")
    yield store
    await store.close()


@pytest.fixture
def asker(schema: Schema, agency_store: SqliteStore) -> Asker:
    """Asks about the agency, which tests only read."""
    analytics = Analytics(Snapshots(agency_store))
    return Asker(schema, agency_store.tenant("agency"), analytics)


async def test_top_referrers(asker: Asker) -> None:
    data = await asker.ask(
        """{ topReferrers(measure: VALUE) {
             version method exact errorBound total
             items { rank score party { __typename key name ... on Contact { region } }
                     referralsMade converted value reach }
        } }"""
    )

    assert data["topReferrers"] == {
        "version": 1,
        "method": "money in minor units, each purchase counted for one referral",
        "exact": True,
        "errorBound": None,
        "total": 1,
        "items": [
            {
                "rank": 1,
                "score": 12_050.0,
                "party": {"__typename": "Contact", "key": "ann", "name": "Ann", "region": None},
                "referralsMade": 2,
                "converted": 1,
                "value": "120.50",
                "reach": 3,
            }
        ],
    }


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("", [("ann", 3.0), ("bo", 1.0)]),
        ("(measure: COUNT)", [("ann", 2.0), ("bo", 1.0)]),
        ("(measure: CONVERTED)", [("ann", 1.0)]),
        ("(measure: COUNT, first: 1)", [("ann", 2.0)]),
        ('(measure: COUNT, since: "2026-05-01T00:00:00.000001Z")', []),
        ('(measure: COUNT, until: "2026-05-01T08:00:01+08:00")', [("ann", 2.0), ("bo", 1.0)]),
    ],
)
async def test_arguments_reach_the_analytic(
    asker: Asker, arguments: str, expected: list[tuple[str, float]]
) -> None:
    data = await asker.ask(f"{{ topReferrers{arguments} {{ items {{ score party {{ key }} }} }} }}")

    items = data["topReferrers"]["items"]
    assert [(row["party"]["key"], row["score"]) for row in items] == expected


async def test_influencers(asker: Asker) -> None:
    data = await asker.ask(
        """{ influencers(measure: K_CORE, over: TIES) { items { score party { key } inDegree } }
             none: influencers(stage: PREMIUM) { total items { rank } } }"""
    )

    assert data["influencers"]["items"] == [
        {"score": 1.0, "party": {"key": "ann"}, "inDegree": 1},
        {"score": 1.0, "party": {"key": "cy"}, "inDegree": 1},
    ]
    assert data["none"] == {"total": 0, "items": []}


async def test_referral_reach(asker: Asker) -> None:
    data = await asker.ask(
        """{ referralReach(kind: CONTACT, key: "ann") {
             party { name } count converted value referrals depth
             byDepth { depth count converted value } }
             near: referralReach(kind: CONTACT, key: "ann", maxDepth: 1) { count }
             nobody: referralReach(kind: CUSTOMER, key: "ann") { count } }"""
    )

    assert data == {
        "referralReach": {
            "party": {"name": "Ann"},
            "count": 3,
            "converted": 1,
            "value": "120.50",
            "referrals": 3,
            "depth": 2,
            "byDepth": [
                {"depth": 1, "count": 2, "converted": 1, "value": "120.50"},
                {"depth": 2, "count": 1, "converted": 0, "value": "0.00"},
            ],
        },
        "near": {"count": 2},
        "nobody": None,
    }


async def test_trade_opportunities(asker: Asker) -> None:
    data = await asker.ask(
        """{ tradeOpportunities { total exact byParties { parties count } hasNextPage
             items { rank score value topUp balance trust freshness
             legs { giver { name } good { name } value quantity alternatives receiver { name }
                    offer { key } need { key } } } }
             pairs: tradeOpportunities(maxParties: 2) { total endCursor }
             of: tradeOpportunities(party: {kind: CUSTOMER, key: "bo"}, good: "ads",
               minValue: "60.00") { total }
             none: tradeOpportunities(minValue: "60.01") { total } }"""
    )

    names = [("Bo", "Ads", "10.00", "Dee", "0"), ("Dee", "Cars", "20.00", "Cy", "1")]
    names.append(("Cy", "Code", "30.00", "Bo", "2"))
    legs = [
        {
            "giver": {"name": giver},
            "good": {"name": good},
            "value": value,
            "quantity": 1,
            "alternatives": 0,
            "receiver": {"name": receiver},
            "offer": {"key": f"o{key}"},
            "need": {"key": f"n{key}"},
        }
        for giver, good, value, receiver, key in names
    ]
    (item,) = data["tradeOpportunities"].pop("items")
    assert item.pop("score") == pytest.approx(6_001 * (1 + 1 / 3) / 2 * 3 / 4)
    assert item.pop("balance") == pytest.approx(1 / 3)
    assert item == {
        "rank": 1, "value": "60.00", "topUp": "20.00", "trust": 0.0, "freshness": 1.0, "legs": legs,
    }  # fmt: skip
    assert data == {
        "tradeOpportunities": {
            "total": 1,
            "exact": True,
            "byParties": [{"parties": 3, "count": 1}],
            "hasNextPage": False,
        },
        "pairs": {"total": 0, "endCursor": None},
        "of": {"total": 1},
        "none": {"total": 0},
    }


async def test_trade_plan(asker: Asker) -> None:
    data = await asker.ask(
        """{ tradePlan(objective: VALUE, forced: [{kind: CUSTOMER, key: "bo"}], costs: true,
               chances: [{giver: {kind: CUSTOMER, key: "bo"}, chance: 0.5}], seed: 3) {
             legs parties value expected optimal bound gap seed leftOutTotal leftOut { reason }
             levels { goal value bound proven }
             trades { number chain times value embeddedSwaps legs { giver { key } value } }
             payments { payer { key } payee { key } amount } } }"""
    )

    plan = data["tradePlan"]
    assert plan.pop("levels")[:2] == [
        {"goal": "VALUE", "value": 6_000.0, "bound": 6_000.0, "proven": True},
        {"goal": "TRADES", "value": 3.0, "bound": 3.0, "proven": True},
    ]
    (trade,) = plan.pop("trades")
    assert [leg["giver"]["key"] for leg in trade.pop("legs")] == ["bo", "dee", "cy"]
    assert trade == {
        "number": 1, "chain": False, "times": 1, "value": "60.00", "embeddedSwaps": 0,
    }  # fmt: skip
    assert plan == {
        "legs": 3,
        "parties": 3,
        "value": "60.00",
        "expected": 3_000.0,
        "optimal": True,
        "bound": 6_000.0,
        "gap": 0.0,
        "seed": 3,
        "leftOutTotal": 0,
        "leftOut": [],
        "payments": [
            {"payer": {"key": "bo"}, "payee": {"key": "cy"}, "amount": "10.00"},
            {"payer": {"key": "bo"}, "payee": {"key": "dee"}, "amount": "10.00"},
        ],
    }


async def test_missing_links(asker: Asker) -> None:
    data = await asker.ask(
        """{ missingLinks(first: 1) { total items { rank kind party { key } good { key } opens
             value bestValue best { party { key } } } } }"""
    )

    assert data["missingLinks"]["total"] == 6
    (link,) = data["missingLinks"]["items"]
    assert link["value"] == link["bestValue"] == "30.00"


async def test_debt_clearing(asker: Asker) -> None:
    data = await asker.ask(
        """{ debtClearing(debts: [
               {debtor: {kind: CUSTOMER, key: "bo"}, creditor: {kind: CONTACT, key: "cy"},
                amount: "100.00"}
               {debtor: {kind: CONTACT, key: "cy"}, creditor: {kind: CUSTOMER, key: "bo"},
                amount: "70.00"}
             ]) { total cleared remaining debts { debtor { name } remaining }
                  circles { amount debts { creditor { name } } } } }"""
    )

    assert data["debtClearing"] == {
        "total": "170.00",
        "cleared": "140.00",
        "remaining": "30.00",
        "debts": [
            {"debtor": {"name": "Bo"}, "remaining": "30.00"},
            {"debtor": {"name": "Cy"}, "remaining": "0.00"},
        ],
        "circles": [
            {
                "amount": "70.00",
                "debts": [{"creditor": {"name": "Cy"}}, {"creditor": {"name": "Bo"}}],
            }
        ],
    }


async def test_a_contact_s_network(asker: Asker) -> None:
    data = await asker.ask(
        """{ contact(key: "cy") { network(hops: 2, kinds: [TIE, REFERRAL]) {
             contact { key } total nodes { distance party { __typename key } }
             edges { kind key source { key } target { key } } } } }"""
    )

    assert data["contact"]["network"] == {
        "contact": {"key": "cy"},
        "total": 2,
        "nodes": [
            {"distance": 1, "party": {"__typename": "Contact", "key": "ann"}},
            {"distance": 2, "party": {"__typename": "Customer", "key": "bo"}},
        ],
        "edges": [
            {"kind": "TIE", "key": "t1", "source": {"key": "ann"}, "target": {"key": "cy"}},
            {"kind": "REFERRAL", "key": "r1", "source": {"key": "ann"}, "target": {"key": "bo"}},
            {"kind": "REFERRAL", "key": "r2", "source": {"key": "ann"}, "target": {"key": "cy"}},
        ],
    }


async def test_networks_of_a_level_are_asked_for_together(
    asker: Asker, agency_store: SqliteStore
) -> None:
    asked: list[int] = []

    class Counted(Analytics):
        async def each(
            self,
            analytic: Any,
            tenant: str,
            anchors: Sequence[NodeRef],
            arguments: Any,
            at_least: int = 0,
            **more: Any,
        ) -> list[Any]:
            asked.append(len(anchors))
            return await super().each(analytic, tenant, anchors, arguments, at_least, **more)

    asker.analytics = Counted(Snapshots(agency_store))

    data = await asker.ask(
        "{ contacts { edges { node { key network(hops: 1, kinds: TIE) { total } } } } }"
    )

    totals = {e["node"]["key"]: e["node"]["network"]["total"] for e in data["contacts"]["edges"]}
    assert totals == {"ann": 1, "cy": 1}
    assert asked == [2]


async def test_records_of_a_level_are_read_at_once_whatever_their_kinds(asker: Asker) -> None:
    await asker.ask(
        """{ tradeOpportunities { items { legs { giver { name } good { name } } } } }"""
    )

    # a customer, an organization and a contact; three goods
    assert asker.reads == [3, 3]


async def test_no_record_is_read_where_none_is_asked_for(asker: Asker) -> None:
    await asker.ask("{ topReferrers { items { rank score } } }")

    assert asker.reads == []


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{ topReferrers(first: 0) { total } }", "first: 0: "),
        ("{ topReferrers(first: 1001) { total } }", "first: 1001: "),
        ("{ tradeOpportunities(maxParties: 0) { total } }", "maxParties: 0: "),
        ("{ tradeOpportunities(maxParties: 99) { total } }", "maxParties: 99: "),
        (
            '{ tradeOpportunities(minValue: "-1") { total } }',
            "minValue: -1.00: must be at least 0.00",
        ),
        ('{ tradeOpportunities(after: "x") { total } }', "after: the cursor 'x' is none of ours"),
        ("{ tradePlan(maxParties: 1) { legs } }", "maxParties: 1: "),
        ("{ tradePlan(maxParties: 99) { legs } }", "maxParties: 99: "),
        ("{ tradePlan(chance: -0.5) { legs } }", "chance: -0.5: "),
        ("{ tradePlan(timeLimitS: 1000) { legs } }", "timeLimitS: 1000"),
        (
            '{ tradePlan(forced: [{kind: CONTACT, key: "ann"}]) { legs } }',
            "forced: Contact 'ann' neither offers nor needs anything",
        ),
        (
            '{ tradePlan(maxParties: 2, forced: [{kind: CUSTOMER, key: "bo"}]) { legs } }',
            "forced: Customer bo can't trade, being on no circle of at most 2 parties; don't force",
        ),
        (
            '{ tradePlan(forced: [{kind: GOOD, key: "ads"}]) { legs } }',
            "forced.0: Good 'ads': not a party",
        ),
        ("{ missingLinks(maxParties: 4) { total } }", "maxParties: 4: "),
        (
            """{ debtClearing(debts: [{debtor: {kind: CUSTOMER, key: "bo"},
               creditor: {kind: CONTACT, key: "cy"}, amount: "-1.00"}]) { total } }""",
            "debts.0.amount: ",
        ),
        (
            """{ debtClearing(debts: [{debtor: {kind: CUSTOMER, key: "bo"},
               creditor: {kind: CUSTOMER, key: "bo"}, amount: "1.00"}]) { total } }""",
            "debts.0: 'bo' owes itself; leave that debt out",
        ),
        ('{ referralReach(kind: CONTACT, key: "") { depth } }', "key: ''"),
        ("{ contacts(first: 1) { edges { node { network(hops: 7) { total } } } } }", "hops: 7: "),
        ("{ contacts(first: 1) { edges { node { network(kinds: []) { total } } } } }", "kinds: "),
    ],
)
async def test_a_wrong_argument_is_named_as_in_graphql(
    asker: Asker, query: str, message: str
) -> None:
    code, told = await asker.refused(query)

    assert code == "BAD_INPUT"
    assert told.startswith(message)


async def test_an_answer_takes_one_s_own_write_into_account(
    schema: Schema, agency_store: SqliteStore
) -> None:
    graph = agency_store.tenant("own-write")
    asker = Asker(schema, graph, Analytics(Snapshots(agency_store, patience_s=0.05)))
    await graph.commit(agency(), actor="test")
    query = """query ($v: Long) { topReferrers(measure: COUNT, atLeastVersion: $v) {
        version items { score party { key } } } }"""
    assert (await asker.ask(query))["topReferrers"]["items"][1]["score"] == 1.0

    data = await asker.ask(
        """mutation { recordReferral(input: {
             source: {kind: CUSTOMER, key: "bo"}, target: {kind: CONTACT, key: "ann"}
           }) { version errors { message } } }"""
    )
    version = data["recordReferral"]["version"]
    answer = (await asker.ask(query, v=version))["topReferrers"]

    assert (answer["version"], version) == (2, 2)
    assert [(i["party"]["key"], i["score"]) for i in answer["items"]] == [("bo", 2.0), ("ann", 2.0)]
    code, told = await asker.refused(query, v=3)
    assert code == "TIMEOUT"
    assert told == (
        "version 3 does not exist yet: the tenant stands at version 2, and 0.05 s of waiting "
        "brought no newer one; use the version that your write returned"
    )


async def test_an_older_answer_is_taken_by_who_says_so(
    schema: Schema, agency_store: SqliteStore
) -> None:
    graph = agency_store.tenant("older-answer")
    asker = Asker(schema, graph, Analytics(Snapshots(agency_store)))
    await graph.commit(agency(), actor="test")
    query = "query ($s: Float) { topReferrers(maxAgeS: $s) { version age items { partyId } } }"
    newest = (await asker.ask(query))["topReferrers"]
    await graph.commit([Upsert("Contact", "new", {"name": "New"})], actor="test")

    older = (await asker.ask(query, s=60))["topReferrers"]

    assert (newest["version"], newest["age"]) == (1, 0.0)
    assert (older["version"], older["items"]) == (1, newest["items"])
    assert 0 < older["age"] < 60


async def test_a_network_may_be_an_older_one_too(schema: Schema, agency_store: SqliteStore) -> None:
    graph = agency_store.tenant("older-network")
    asker = Asker(schema, graph, Analytics(Snapshots(agency_store)))
    await graph.commit(agency(), actor="test")
    query = """query ($s: Float) { contact(key: "ann") {
        network(hops: 1, maxAgeS: $s) { version age total } } }"""
    newest = (await asker.ask(query))["contact"]["network"]
    await graph.commit([Delete("Contact", "cy")], actor="test")

    older = (await asker.ask(query, s=60))["contact"]["network"]

    assert newest["age"] == 0.0
    assert (older["version"], older["total"]) == (1, newest["total"])
    assert 0 < older["age"] < 60


@pytest.mark.parametrize("age", ["-1", "86401", "-0.001"])
async def test_an_age_out_of_bounds_is_refused(asker: Asker, age: str) -> None:
    for query in (
        f"{{ topReferrers(maxAgeS: {age}) {{ total }} }}",
        f'{{ contact(key: "ann") {{ network(maxAgeS: {age}) {{ total }} }} }}',
    ):
        code, message = await asker.refused(query)

        assert code == "BAD_INPUT"
        assert message == f"maxAgeS: {age}: give 0 to 86,400 seconds"


async def test_a_party_deleted_since_is_null(schema: Schema, agency_store: SqliteStore) -> None:
    graph = agency_store.tenant("deleted-since")
    await graph.commit(agency(), actor="test")
    asker = Asker(schema, graph, Analytics(Snapshots(agency_store)))

    class Emptied(CountingGraph):
        async def records(
            self, refs: Sequence[NodeRef], fields: frozenset[str] | None = None
        ) -> Mapping[NodeRef, Record]:
            return {}

    result = await schema.execute(
        "{ topReferrers(first: 1) { items { rank party { key } } } }",
        context_value=Context(Emptied(graph), analytics=asker.analytics),
    )

    assert result.errors is None
    assert result.data == {"topReferrers": {"items": [{"rank": 1, "party": None}]}}


async def test_a_context_without_analytics_says_so_in_the_log(asker: Asker) -> None:
    asker.analytics = None

    code, told = await asker.refused("{ topReferrers { total } }")

    assert code == "INTERNAL"
    assert told.startswith("something went wrong on our side")


def test_a_schema_built_again_is_the_same(schema: Schema) -> None:
    assert build_schema().as_str() == schema.as_str()
