"""The node records: the people, firms and things renmai knows."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from graph.model.fields import (
    Amount,
    Birthday,
    Count,
    Day,
    Email,
    Indexed,
    Key,
    LongText,
    Moment,
    Phone,
    Ref,
    Searchable,
    Share,
    Text,
)
from graph.model.record import Node, node
from graph.model.words import (
    Calendar,
    CreditRating,
    CustomerKind,
    Motive,
    OrganizationKind,
    OwnershipType,
    Sex,
    StaffRole,
    Stage,
    TradeStatus,
)

Texts = Annotated[tuple[Text, ...], Field(max_length=50)]
"""Up to 50 short texts."""

Phones = Annotated[tuple[Phone, ...], Field(max_length=20), Searchable()]
"""Up to 20 phone numbers."""

Emails = Annotated[tuple[Email, ...], Field(max_length=20), Searchable()]
"""Up to 20 e-mail addresses."""

Name = Annotated[Text, Field(min_length=1), Searchable(), Indexed()]
"""What it is called, found by `search`."""


@node(plural="customers")
class Customer(Node):
    """An account that buys or may buy."""

    name: Annotated[Name, Field(description="The customer's full name.")]
    kind: Annotated[CustomerKind, Indexed(), Field(description="A person or an organization.")] = (
        CustomerKind.ORGANIZATION
    )
    stage: Annotated[Stage, Indexed(), Field(description="Where it stands in the life cycle.")] = (
        Stage.POTENTIAL
    )
    industry: Annotated[Text | None, Indexed(), Field(description="The industry it works in.")] = (
        None
    )
    industry_climate_index: Annotated[
        float | None,
        Field(
            ge=0,
            le=200,
            allow_inf_nan=False,
            description="Climate of its industry, 0 to 200; 100 is neutral.",
        ),
    ] = None
    category: Annotated[
        Text | None, Indexed(), Field(description="The company's own grouping of its customers.")
    ] = None
    ownership: Annotated[
        OwnershipType | None, Field(description="Who owns it: state, private, foreign ...")
    ] = None
    region: Annotated[
        Text | None, Indexed(), Field(description="Where it is: city or province.")
    ] = None
    address: Annotated[LongText | None, Field(description="Postal address.")] = None
    registration_code: Annotated[
        Text | None, Indexed(), Field(description="Code in the register of companies.")
    ] = None
    legal_representative: Annotated[Text | None, Field(description="Who represents it in law.")] = (
        None
    )
    founded_on: Annotated[Day | None, Field(description="Day of its founding.")] = None
    business_scope: Annotated[
        LongText | None, Field(description="What it is registered to do.")
    ] = None
    size: Annotated[
        Text | None, Field(description="Size class as the company names it: micro, medium ...")
    ] = None
    headcount: Annotated[Count | None, Field(description="Number of people who work there.")] = None
    emails: Annotated[Emails, Field(description="E-mail addresses, lower case.")] = ()
    phones: Annotated[Phones, Field(description="Phone numbers as E.164.")] = ()
    website: Annotated[LongText | None, Field(description="Address of its web site.")] = None
    weibo: Annotated[Text | None, Field(description="Weibo account.")] = None
    wechat: Annotated[Text | None, Searchable(), Field(description="WeChat account.")] = None
    source: Annotated[
        Text | None, Indexed(), Field(description="How we came to know it: fair, advertisement ...")
    ] = None
    trust: Annotated[Share | None, Field(description="Its trust in us, 0 to 1.")] = None
    belief: Annotated[Share | None, Field(description="Its belief in the product, 0 to 1.")] = None
    credit_rating: Annotated[
        CreditRating | None, Indexed(), Field(description="How far it may be trusted to pay.")
    ] = None


@node(plural="contacts")
class Contact(Node):
    """A natural person."""

    name: Annotated[Name, Field(description="The person's full name.")]
    sex: Annotated[Sex | None, Field(description="The person's sex.")] = None
    region: Annotated[Text | None, Indexed(), Field(description="Where the person lives.")] = None
    birthplace: Annotated[
        Text | None, Indexed(), Field(description="Where the person was born.")
    ] = None
    birthday: Annotated[
        Birthday | None,
        Indexed(),
        Field(description="Day of birth in its calendar: YYYY-MM-DD, or --MM-DD without the year."),
    ] = None
    birthday_calendar: Annotated[Calendar, Field(description="The calendar of the birthday.")] = (
        Calendar.SOLAR
    )
    hobbies: Annotated[Texts, Field(description="What the person likes to do.")] = ()
    cares_about: Annotated[
        Texts, Field(description="The people and things this person minds.")
    ] = ()
    phones: Annotated[Phones, Field(description="Phone numbers as E.164.")] = ()
    emails: Annotated[Emails, Field(description="E-mail addresses, lower case.")] = ()
    qq: Annotated[Text | None, Searchable(), Field(description="QQ number.")] = None
    weibo: Annotated[Text | None, Field(description="Weibo account.")] = None
    wechat: Annotated[Text | None, Searchable(), Field(description="WeChat account.")] = None
    circles: Annotated[Texts, Field(description="Circles and societies the person moves in.")] = ()
    preferred_contact_hours: Annotated[
        Text | None,
        Field(description="When the person likes to be contacted, for example 14:00-16:00."),
    ] = None
    motive: Annotated[
        Motive | None, Indexed(), Field(description="Why this person refers others.")
    ] = None


@node(plural="organizations")
class Organization(Node):
    """A company, school, club, military unit, association or the like."""

    name: Annotated[Name, Field(description="The organization's full name.")]
    kind: Annotated[OrganizationKind, Indexed(), Field(description="What it is.")] = (
        OrganizationKind.COMPANY
    )
    industry: Annotated[Text | None, Indexed(), Field(description="The industry it works in.")] = (
        None
    )
    region: Annotated[
        Text | None, Indexed(), Field(description="Where it is: city or province.")
    ] = None
    address: Annotated[LongText | None, Field(description="Postal address.")] = None
    phones: Annotated[Phones, Field(description="Phone numbers as E.164.")] = ()
    website: Annotated[LongText | None, Field(description="Address of its web site.")] = None


@node(plural="staff")
class Staff(Node):
    """One of our own people."""

    name: Annotated[Name, Field(description="The person's full name.")]
    role: Annotated[StaffRole, Indexed(), Field(description="What this person does.")] = (
        StaffRole.SALES
    )


@node(plural="goods")
class Good(Node):
    """A product or service that parties offer or need."""

    name: Annotated[Name, Field(description="What it is called.")]
    category: Annotated[
        Text | None, Indexed(), Field(description="The group of goods it is in.")
    ] = None
    description: Annotated[LongText | None, Field(description="What it is, in words.")] = None


@node(plural="purchases")
class Purchase(Node):
    """A customer's order."""

    customer_key: Annotated[
        Key,
        Indexed(),
        Ref("Customer", relation="customer", inverse="purchases", owned=True),
        Field(description="Key of the customer who bought."),
    ]
    at: Annotated[Moment, Indexed(), Field(description="When it was ordered.")]
    amount_minor: Annotated[Amount, Indexed(), Field(description="What it cost.")]
    paid_minor: Annotated[
        Amount | None, Field(description="What has been paid so far; null when not known.")
    ] = None
    items: Annotated[Count | None, Field(description="Number of items ordered.")] = None
    referral_key: Annotated[
        Key | None,
        Indexed(),
        Ref("Referral", relation="referral", inverse="purchases"),
        Field(description="Key of the referral it came through."),
    ] = None


@node(plural="trades", guarded=True)
class Trade(Node):
    """A circle of parties in which each gives what the next needs, on its way to being done."""

    status: Annotated[
        TradeStatus, Indexed(), Field(description="Where it stands in its life cycle.")
    ] = TradeStatus.PROPOSED
    chain: Annotated[
        bool, Field(description="Whether it begins with a gift and does not return to its giver.")
    ] = False
    value_minor: Annotated[
        Amount, Indexed(), Field(description="Sum of the known values of its legs.")
    ]
    reason: Annotated[LongText | None, Field(description="Why it failed.")] = None
    note: Annotated[LongText | None, Field(description="Anything worth keeping.")] = None
    plan_checksum: Annotated[
        Text | None, Indexed(), Field(description="Checksum of the plan it was taken from.")
    ] = None
    agreed_at: Annotated[
        Moment | None, Indexed(), Field(description="When all had agreed and units were reserved.")
    ] = None
    closed_at: Annotated[
        Moment | None, Indexed(), Field(description="When it was done or had failed.")
    ] = None


@node(plural="trade_legs", guarded=True)
class TradeLeg(Node):
    """What one party of a trade gives to the next."""

    trade_key: Annotated[
        Key,
        Indexed(),
        Ref("Trade", relation="trade", inverse="legs", owned=True),
        Field(description="Key of the trade."),
    ]
    position: Annotated[Count, Field(description="Its place in the trade, from 1.")]
    giver_kind: Annotated[Text, Field(description="Kind of who gives: Customer, Contact ...")]
    giver_key: Annotated[Key, Indexed(), Field(description="Key of who gives.")]
    receiver_kind: Annotated[Text, Field(description="Kind of who receives.")]
    receiver_key: Annotated[Key, Indexed(), Field(description="Key of who receives.")]
    good_key: Annotated[
        Key | None,
        Indexed(),
        Ref("Good", relation="good", inverse="trade_legs"),
        Field(description="Key of the good; null once that is deleted."),
    ] = None
    offer_key: Annotated[
        Key | None,
        Indexed(),
        Ref("Offer", relation="offer", inverse="trade_legs"),
        Field(description="Key of the offer it draws on; null once that is deleted."),
    ] = None
    need_key: Annotated[
        Key | None,
        Indexed(),
        Ref("Need", relation="need", inverse="trade_legs"),
        Field(description="Key of the need it meets; null once that is deleted."),
    ] = None
    quantity: Annotated[Count, Field(description="Units that move.")] = 1
    value_minor: Annotated[
        Amount | None, Field(description="Value of all of them; null when not known.")
    ] = None
    failed: Annotated[bool, Field(description="Whether the trade failed for this leg.")] = False
