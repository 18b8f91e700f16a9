"""The records of the business, the only place that lists their fields."""

from graph.model.edges import (
    PARTIES,
    Account,
    Affiliation,
    DealRole,
    Need,
    Offer,
    Ownership,
    Referral,
    Tie,
)
from graph.model.fields import Money, NodeRef
from graph.model.nodes import Contact, Customer, Good, Organization, Purchase, Staff
from graph.model.record import (
    RECORDS,
    Edge,
    FieldInfo,
    Node,
    Record,
    RecordInfo,
    Scalar,
    edge_records,
    node_records,
    record_info,
)
from graph.model.relations import Direction, Relation, relations

__all__ = [
    "PARTIES",
    "RECORDS",
    "Account",
    "Affiliation",
    "Contact",
    "Customer",
    "DealRole",
    "Direction",
    "Edge",
    "FieldInfo",
    "Good",
    "Money",
    "Need",
    "Node",
    "NodeRef",
    "Offer",
    "Organization",
    "Ownership",
    "Purchase",
    "Record",
    "RecordInfo",
    "Referral",
    "Relation",
    "Scalar",
    "Staff",
    "Tie",
    "edge_records",
    "node_records",
    "record_info",
    "relations",
]
