"""What is asked of Neo4j depends on the shape of a query, and what makes no sense is not asked."""

from __future__ import annotations

import pytest

from graph.errors import BadInput
from graph.model import NodeRef, relations
from graph.neo4j_store import Neo4jStore, statements, walking
from graph.query import And, Compare, FindQuery, OfKind, Op, Or, Order, RelatedQuery, Tree, Walk


def related_text(query: RelatedQuery) -> str:
    return walking.way(Walk((Tree(query),)), []).text


def test_the_text_of_a_statement_holds_no_value_and_does_not_depend_on_it() -> None:
    first = statements.find(FindQuery("Customer", Compare("name", Op.EQ, "Acme' OR true //")))
    second = statements.find(FindQuery("Customer", Compare("name", Op.EQ, "Beta")))

    assert first.text == second.text
    assert first.parameters == {"p0": "Acme' OR true //", "limit": 21}


def test_an_empty_and_holds_and_an_empty_or_does_not() -> None:
    assert "n.key > '' AND true " in statements.find(FindQuery("Staff", And(()))).text
    assert "n.key > '' AND false " in statements.find(FindQuery("Staff", Or(()))).text


def test_a_relation_to_several_kinds_is_narrowed_by_label() -> None:
    made = relations("Contact")["referrals_made"]

    def text(*kinds: str) -> str:
        return related_text(RelatedQuery(made, node=OfKind(kinds)))

    assert "AND n0:Customer|Contact " in text("Contact", "Customer")
    assert "AND false " in text("Staff")
    assert "AND true " in text("Organization", "Contact", "Customer")


def test_the_ends_of_an_edge_are_compared_by_label_and_key() -> None:
    asked = Compare("source", Op.IN, (NodeRef("Contact", "a"), NodeRef("Customer", "b")))

    found = statements.find(FindQuery("Referral", asked))

    assert "$p0 IN labels(startNode(n)) AND startNode(n).key IN $p1" in found.text
    assert found.parameters["p0"] == "Contact"
    assert found.parameters["p3"] == ["b"]
    assert "AND false " in statements.find(FindQuery("Referral", Compare("target", Op.IN, ()))).text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (FindQuery("Referral", Compare("source", Op.GT, NodeRef("Contact", "a"))), "EQ or IN"),
        (FindQuery("Staff", order=(Order("name", on_node=True),)), "another end"),
        (FindQuery("Nobody"), "'Nobody' is not a kind"),
    ],
)
def test_what_makes_no_sense_is_refused(query: FindQuery, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        statements.find(query)


def test_an_edge_filter_where_there_is_no_edge_is_refused() -> None:
    query = RelatedQuery(relations("Customer")["purchases"], edge=Compare("key", Op.EQ, "a"))

    with pytest.raises(BadInput, match="the relation purchases has no edge"):
        related_text(query)


@pytest.mark.parametrize("key", ["", "k" * 1_001])
async def test_an_idempotency_key_has_1_to_1000_characters(key: str) -> None:
    store = Neo4jStore("bolt://localhost:1", "neo4j", "secret")

    with pytest.raises(BadInput, match="give one of 1 to 1,000"):
        await store.tenant("t").commit([], actor="tests", idempotency_key=key)
    await store.close()


def test_few_fields_are_read_one_by_one_and_many_at_once() -> None:
    few = statements.find(FindQuery("Contact", fields=frozenset({"name", "sex"}))).text
    many = statements.find(FindQuery("Contact")).text

    assert "RETURN collect([[n.key], [n.key, n.name, n.sex]]) AS items" in few
    assert "properties(n)" not in few
    assert "WITH properties(n) AS n" in many


def test_the_ends_of_an_edge_are_sought_only_where_they_are_wanted() -> None:
    query = RelatedQuery(relations("Contact")["ties"], edge_fields=frozenset({"since", "source"}))

    text = related_text(query)

    assert "startNode(e0) AS e0Source" in text
    assert "endNode" not in text


@pytest.mark.parametrize(
    ("order", "walked"),
    [
        (Order("name"), "n.name IS NOT NULL"),
        (Order("created_at", descending=True), "n.createdAt IS NOT NULL"),
        (Order("region"), "n.key > ''"),  # null of some, which the index does not hold
        (Order("motive"), "n.key > ''"),
        (Order("sex"), "n.key > ''"),  # in no index
        (Order("ties", count=True), "n.key > ''"),
    ],
)
def test_an_order_is_that_of_an_index_which_holds_all_records(order: Order, walked: str) -> None:
    text = statements.find(FindQuery("Contact", order=(order,))).text

    assert f"WHERE n.tenantId = $tenant AND {walked} " in text
    assert ("ORDER BY n.tenantId" in text) is (walked != "n.key > ''")


def test_a_page_without_places_reads_no_row_more_and_no_place() -> None:
    ties = relations("Contact")["ties"]

    def way(*, places: bool) -> walking.Way:
        query = RelatedQuery(ties, edges=False, fields=frozenset({"name"}), places=places)
        return walking.way(Walk((Tree(query),)), [])

    assert "RETURN collect([[e0.key], [n0.key, n0.name]]) AS items0" in way(places=True).text
    assert way(places=True).parameters == {"p0": 21}
    assert "RETURN collect([[n0.key, n0.name]]) AS items0" in way(places=False).text
    assert way(places=False).parameters == {"p0": 20}


def test_a_walk_is_one_statement_whose_text_holds_no_key() -> None:
    contact = relations("Contact")
    below = (Tree(RelatedQuery(contact["ties"])), Tree(RelatedQuery(contact["affiliations"])))
    walk = Walk((Tree(RelatedQuery(contact["ties"], count=True), below),), records=True)

    one = walking.way(walk, [NodeRef("Contact", "a")])
    two = walking.way(walk, [NodeRef("Contact", "b"), NodeRef("Contact", "c")])

    assert one is two
    assert "CALL (n0) { MATCH (n0)-[e1:TIE]-(n1) " in one.text
    assert "CALL (n0) { MATCH (n0)-[e2:AFFILIATION]->(n2) " in one.text
    assert two.of([NodeRef("Contact", "b"), NodeRef("Contact", "c")])["keys0"] == ["b", "c"]
