"""The edge records: who referred, knows, works for, decides for, offers and needs."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from graph.model.fields import (
    Count,
    Day,
    Guarded,
    Indexed,
    LongText,
    Moment,
    Share,
    Text,
    UnitValue,
)
from graph.model.record import Edge, Ends, edge
from graph.model.words import AffiliationKind, DealRoleKind, ReferralStatus, TieKind

PARTIES = ("Customer", "Contact", "Organization")
"""Names of the records that can refer, offer or need."""


def _referred_while_open(referral: Referral) -> str | None:
    return f"{referral.target.kind}:{referral.target.key}" if referral.status.is_open else None


def _account_of(account: Account) -> str:
    return account.source.key


def _owned_until_ended(ownership: Ownership) -> str | None:
    return ownership.target.key if ownership.until is None else None


@edge(
    plural="referrals",
    ends=Ends(PARTIES, PARTIES, forward="referrals_made", backward="referrals_received"),
    claim=_referred_while_open,
    claim_message="this party already has an open referral; close it first",
)
class Referral(Edge):
    """A party's recommendation of another party to us, from referrer to referred."""

    status: Annotated[
        ReferralStatus, Indexed(), Field(description="Where it stands in its life cycle.")
    ] = ReferralStatus.PENDING
    at: Annotated[Moment | None, Indexed(), Field(description="When it was made.")] = None
    code: Annotated[
        Text | None, Indexed(), Field(description="Code the referred party showed.")
    ] = None
    channel: Annotated[Text | None, Indexed(), Field(description="How it reached us.")] = None
    note: Annotated[LongText | None, Field(description="Anything worth keeping.")] = None


@edge(
    plural="ties",
    ends=Ends(("Contact",), ("Contact",), forward="ties", backward="ties", directed=False),
)
class Tie(Edge):
    """Two contacts know each other."""

    kind: Annotated[TieKind, Indexed(), Field(description="How they know each other.")]
    since: Annotated[Day | None, Indexed(), Field(description="Since when.")] = None
    until: Annotated[Day | None, Field(description="Until when; null while it lasts.")] = None
    strength: Annotated[
        Share | None, Field(description="Declared strength, 0 (met once) to 1 (family).")
    ] = None


@edge(
    plural="affiliations",
    ends=Ends(("Contact",), ("Organization",), forward="affiliations", backward="members"),
)
class Affiliation(Edge):
    """A contact works at, studied at, served in or belongs to an organization."""

    kind: Annotated[AffiliationKind, Indexed(), Field(description="What binds them.")]
    title: Annotated[Text | None, Field(description="The person's title there.")] = None
    department: Annotated[Text | None, Field(description="Department within it.")] = None
    unit: Annotated[
        Text | None, Indexed(), Field(description="School class or military unit within it.")
    ] = None
    since: Annotated[Day | None, Indexed(), Field(description="From when.")] = None
    until: Annotated[Day | None, Field(description="Until when; null while it lasts.")] = None


@edge(
    plural="deal_roles",
    ends=Ends(("Contact",), ("Customer",), forward="customers", backward="contacts"),
)
class DealRole(Edge):
    """The part a contact plays in a customer's decisions."""

    role: Annotated[DealRoleKind, Indexed(), Field(description="The part played.")]
    title: Annotated[Text | None, Field(description="The contact's title at the customer.")] = None


@edge(
    plural="accounts",
    ends=Ends(
        ("Customer",),
        ("Organization", "Contact"),
        forward="account_of",
        backward="accounts",
        forward_one=True,
    ),
    claim=_account_of,
    claim_message="this customer already is the account of somebody; delete that account first",
)
class Account(Edge):
    """The organization or the person that a customer is the account of."""


@edge(
    plural="offers",
    ends=Ends(PARTIES, ("Good",), forward="offers", backward="offered_by"),
)
class Offer(Edge):
    """A party offers a good."""

    value_minor: Annotated[UnitValue | None, Indexed(), Field(description="Value of one unit.")] = (
        None
    )
    quantity: Annotated[Count, Field(description="Units offered.")] = 1
    reserved: Annotated[
        Count, Guarded(), Field(description="Units of these that agreed trades hold.")
    ] = 0
    priority: Annotated[
        Count,
        Field(description="How much it matters to the party, 1 (most) upwards; 0 = not said."),
    ] = 0
    until: Annotated[Day | None, Indexed(), Field(description="Last day it holds.")] = None


@edge(
    plural="needs",
    ends=Ends(PARTIES, ("Good",), forward="needs", backward="needed_by"),
)
class Need(Edge):
    """A party needs a good."""

    value_minor: Annotated[
        UnitValue | None, Indexed(), Field(description="What one unit is worth to the party.")
    ] = None
    quantity: Annotated[Count, Field(description="Units needed.")] = 1
    reserved: Annotated[
        Count, Guarded(), Field(description="Units of these that agreed trades hold.")
    ] = 0
    priority: Annotated[
        Count,
        Field(description="How much it matters to the party, 1 (most) upwards; 0 = not said."),
    ] = 0
    until: Annotated[Day | None, Indexed(), Field(description="Last day it is needed.")] = None


@edge(
    plural="vetoes",
    ends=Ends(PARTIES, PARTIES, forward="vetoes", backward="vetoed_by"),
)
class Veto(Edge):
    """A party refuses to trade with another, either way round."""

    reason: Annotated[LongText | None, Field(description="Why.")] = None
    until: Annotated[
        Day | None, Indexed(), Field(description="Last day it holds; null while it lasts.")
    ] = None


@edge(
    plural="ownerships",
    ends=Ends(("Staff",), ("Customer",), forward="customers", backward="owners"),
    claim=_owned_until_ended,
    claim_message="somebody else owns this customer; end that ownership first",
)
class Ownership(Edge):
    """One of our people tends a customer, for a time."""

    since: Annotated[Day | None, Indexed(), Field(description="From when.")] = None
    until: Annotated[
        Day | None, Indexed(), Field(description="Until when; null while it lasts.")
    ] = None
