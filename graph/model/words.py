"""The closed vocabularies of the business: a member's name is what is stored and shown."""

from __future__ import annotations

from enum import StrEnum


class CustomerKind(StrEnum):
    """Whether a customer is a person or an organization."""

    PERSON = "PERSON"
    ORGANIZATION = "ORGANIZATION"


class Stage(StrEnum):
    """Where a customer stands in the life cycle."""

    POTENTIAL = "POTENTIAL"
    NEW = "NEW"
    RETURNING = "RETURNING"
    LONG_TERM = "LONG_TERM"
    PREMIUM = "PREMIUM"
    LIFELONG = "LIFELONG"


class OwnershipType(StrEnum):
    """Who owns a company."""

    STATE = "STATE"
    COLLECTIVE = "COLLECTIVE"
    PRIVATE = "PRIVATE"
    FOREIGN = "FOREIGN"
    JOINT_VENTURE = "JOINT_VENTURE"
    LISTED = "LISTED"
    SOLE_TRADER = "SOLE_TRADER"
    OTHER = "OTHER"


class CreditRating(StrEnum):
    """How far a customer may be trusted to pay, from A (best) to D."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


class Sex(StrEnum):
    """A contact's sex."""

    FEMALE = "FEMALE"
    MALE = "MALE"
    OTHER = "OTHER"


class Calendar(StrEnum):
    """The calendar a birthday is kept in; LUNAR_LEAP is a leap month of the lunar calendar."""

    SOLAR = "SOLAR"
    LUNAR = "LUNAR"
    LUNAR_LEAP = "LUNAR_LEAP"


class Motive(StrEnum):
    """Why somebody refers: each motive wants another answer from us."""

    HONOUR = "HONOUR"
    MONEY = "MONEY"
    FAVOUR = "FAVOUR"
    FRIENDSHIP = "FRIENDSHIP"


class OrganizationKind(StrEnum):
    """What an organization is."""

    COMPANY = "COMPANY"
    SCHOOL = "SCHOOL"
    CLUB = "CLUB"
    ASSOCIATION = "ASSOCIATION"
    MILITARY_UNIT = "MILITARY_UNIT"
    GOVERNMENT = "GOVERNMENT"
    OTHER = "OTHER"


class StaffRole(StrEnum):
    """What one of our own people does."""

    SALES = "SALES"
    TRAINER = "TRAINER"
    IMPLEMENTER = "IMPLEMENTER"
    SERVICE = "SERVICE"
    OTHER = "OTHER"


class ReferralStatus(StrEnum):
    """The life cycle of a referral; PENDING and CONTACTED are open, the others are ends."""

    PENDING = "PENDING"
    CONTACTED = "CONTACTED"
    CONVERTED = "CONVERTED"
    LOST = "LOST"
    EXPIRED = "EXPIRED"

    @property
    def is_open(self) -> bool:
        """Whether the referral still waits for its outcome."""
        return self in (ReferralStatus.PENDING, ReferralStatus.CONTACTED)


class TradeStatus(StrEnum):
    """The life cycle of a trade; DONE and FAILED are its ends."""

    PROPOSED = "PROPOSED"
    NEGOTIATING = "NEGOTIATING"
    AGREED = "AGREED"
    DONE = "DONE"
    FAILED = "FAILED"


class TieKind(StrEnum):
    """How two contacts know each other."""

    CLASSMATE = "CLASSMATE"
    RELATIVE = "RELATIVE"
    COMRADE = "COMRADE"
    COLLEAGUE = "COLLEAGUE"
    CLUB_MATE = "CLUB_MATE"
    FRIEND = "FRIEND"
    OTHER = "OTHER"


class AffiliationKind(StrEnum):
    """What binds a contact to an organization."""

    WORKS_AT = "WORKS_AT"
    STUDIED_AT = "STUDIED_AT"
    SERVED_IN = "SERVED_IN"
    MEMBER_OF = "MEMBER_OF"


class DealRoleKind(StrEnum):
    """The part a contact plays in a customer's decisions."""

    DECISION_MAKER = "DECISION_MAKER"
    DRIVER = "DRIVER"
    SUPPORTER = "SUPPORTER"
    NEUTRAL = "NEUTRAL"
    OPPONENT = "OPPONENT"
