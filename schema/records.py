"""The types of the schema that show records, and the relations no record declares."""

from __future__ import annotations

from collections.abc import Sequence

from graph import model
from graph.model import Record, edge_records, relations
from graph.query import Compare, OfKind, Op, Order, RelatedQuery, Window
from schema.reading import by_kind, first_edge, first_node
from schema.relation import Call, relation
from schema.view import complete, edge_view, shared_view, view


@shared_view("Node", "Anything that has an id.")
class Node:
    """Anything that has an id."""


@shared_view("Party", "What can refer, offer or need: a customer, a contact or an organization.")
class Party(Node):
    """What can refer, offer or need."""

    @relation("read:referrals")
    @staticmethod
    async def referral_received(
        parents: Sequence[Record], call: Call
    ) -> list[model.Referral | None]:
        """The referral that first named this party; null if none did."""
        earliest = (Order("at"), Order("created_at"))
        received = relations("Contact")["referrals_received"]
        query = RelatedQuery(received, order=earliest, window=Window(first=1))
        pages = await by_kind(call.context.graph.related, query, parents)
        return [first_edge(pages[p.ref]) for p in parents]


@view(model.Customer)
class Customer(Party):
    """An account that buys or may buy."""

    @relation("read:staff")
    @staticmethod
    async def owner(parents: Sequence[model.Customer], call: Call) -> list[model.Staff | None]:
        """The one of our people who tends this customer now; null if nobody does."""
        owners = relations("Customer")["owners"]
        now = Compare("until", Op.IS_NULL, True)
        query = RelatedQuery(owners, edge=now, window=Window(first=1))
        pages = await call.context.graph.related(query, [p.ref for p in parents])
        return [first_node(pages[p.ref]) for p in parents]

    @relation("read:organizations")
    @staticmethod
    async def organization(
        parents: Sequence[model.Customer], call: Call
    ) -> list[model.Organization | None]:
        """The organization this customer is the account of; null if it is of a person."""
        account = relations("Customer")["account_of"]
        query = RelatedQuery(account, node=OfKind(("Organization",)), window=Window(first=1))
        pages = await call.context.graph.related(query, [p.ref for p in parents])
        return [first_node(pages[p.ref]) for p in parents]


@view(model.Contact)
class Contact(Party):
    """A natural person."""


@view(model.Organization)
class Organization(Party):
    """A company, school, club, military unit, association or the like."""


@view(model.Staff)
class Staff(Node):
    """One of our own people."""


@view(model.Good)
class Good(Node):
    """A product or service that parties offer or need."""


@view(model.Purchase)
class Purchase(Node):
    """A customer's order."""


for _edge in edge_records():
    edge_view(_edge, Node)

complete()
