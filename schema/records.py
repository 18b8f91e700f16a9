"""The types of the schema that show records, and the relations no record declares."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from graph import model
from graph.model import NodeRef, Record, edge_records, relations
from graph.query import Compare, OfKind, Op, Order, RelatedQuery, Window
from schema.declare import definition
from schema.names import permission_to_read
from schema.reading import first_edge, first_node, opened
from schema.relation import NOTHING, Call, relation, relation_field
from schema.view import VIEWS, complete, edge_view, shared_view, view


def _party_of(leg: model.TradeLeg, end: str) -> NodeRef:
    """Who stands at one end of a leg of a trade."""
    return NodeRef(getattr(leg, f"{end}_kind"), getattr(leg, f"{end}_key"))


@shared_view("Node", "Anything that has an id.")
class Node:
    """Anything that has an id."""


@shared_view("Party", "What can refer, offer or need: a customer, a contact or an organization.")
class Party(Node):
    """What can refer, offer or need."""

    @relation("read:referrals", needs=("key",))
    @staticmethod
    async def referral_received(
        parents: Sequence[Record], call: Call
    ) -> list[model.Referral | None]:
        """The referral that first named this party; null if none did."""
        earliest = (Order("at"), Order("created_at"))
        received = relations("Contact")["referrals_received"]
        query = RelatedQuery(
            received,
            order=earliest,
            window=Window(first=1),
            fields=NOTHING,
            edge_fields=call.reads(""),
        )
        pages = await call.context.graph.related(query, [p.ref for p in parents])
        return [first_edge(pages[p.ref]) for p in parents]


@view(model.Customer)
class Customer(Party):
    """An account that buys or may buy."""

    @relation("read:staff", needs=("key",))
    @staticmethod
    async def owner(parents: Sequence[model.Customer], call: Call) -> list[model.Staff | None]:
        """The one of our people who tends this customer now; null if nobody does."""
        owners = relations("Customer")["owners"]
        now = Compare("until", Op.IS_NULL, True)
        query = RelatedQuery(
            owners, edge=now, window=Window(first=1), edges=False, fields=call.reads("")
        )
        pages = await call.context.graph.related(query, [p.ref for p in parents])
        return [first_node(pages[p.ref]) for p in parents]

    @relation("read:organizations", needs=("key",))
    @staticmethod
    async def organization(
        parents: Sequence[model.Customer], call: Call
    ) -> list[model.Organization | None]:
        """The organization this customer is the account of; null if it is of a person."""
        account = relations("Customer")["account_of"]
        kind = OfKind(("Organization",))
        query = RelatedQuery(
            account, node=kind, window=Window(first=1), edges=False, fields=call.reads("")
        )
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


@view(model.Trade)
class Trade(Node):
    """A circle of parties in which each gives what the next needs, on its way to being done."""


@view(model.TradeLeg)
class TradeLeg(Node):
    """What one party of a trade gives to the next."""


for _end, _says in (("giver", "Who gives"), ("receiver", "Who receives")):
    definition(TradeLeg).fields.append(
        relation_field(
            _end,
            opened(partial(_party_of, end=_end)),
            VIEWS["Party"] | None,
            permission=permission_to_read("Party"),
            description=f"{_says}; null once that party is deleted.",
            needs=(f"{_end}_kind", f"{_end}_key"),
        )
    )

for _edge in edge_records():
    edge_view(_edge, Node)

complete()
