"""The generated world: what all its parts share, worked out once from the sizes and the seed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from graph.errors import BadInput
from graph.generating.dice import Dice, Weighted
from graph.generating.names import CITIES, FOREIGN_CITIES, INDUSTRIES
from graph.model.words import CustomerKind, Stage

TODAY = date(2026, 6, 30)
"""The day on which the generated history ends."""

YEARS = 4
LARGEST = 10_000_000

STAGES: tuple[tuple[Stage, float, int, int, float], ...] = (
    (Stage.POTENTIAL, 0.33, 0, 0, 0.0),
    (Stage.NEW, 0.20, 1, 1, 0.8),
    (Stage.RETURNING, 0.20, 2, 4, 1.0),
    (Stage.LONG_TERM, 0.15, 5, 12, 1.2),
    (Stage.PREMIUM, 0.09, 8, 24, 2.5),
    (Stage.LIFELONG, 0.03, 20, 48, 2.0),
)
"""Stage, share of the customers, fewest and most purchases, and factor on their amounts."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is generated, and from which seed.

    Attributes:
        customers, contacts: their numbers, 10 to 10,000,000.
        seed: another seed gives another world of the same kind.
    """

    customers: int = 500
    contacts: int = 800
    seed: int = 1

    def __post_init__(self) -> None:
        for name, value in (("customers", self.customers), ("contacts", self.contacts)):
            if not 10 <= value <= LARGEST:
                raise BadInput(f"{name} is {value:,}; generate 10 to {LARGEST:,}")

    @property
    def communities(self) -> int:
        """Number of circles of contacts who know each other."""
        return max(2, self.contacts // 60)

    @property
    def staff(self) -> int:
        """Number of our own people."""
        return max(4, self.customers // 40)

    @property
    def companies(self) -> int:
        """Number of companies: those of customers, and others where contacts work."""
        return self.customers + self.contacts // 20


class World:
    """Who belongs where: small facts about each contact and customer, by position.

    Attributes:
        sizes: how much there is.
        city, english: of each community.
        community_of: community of each contact.
        members: contacts of each community.
        home_of: community of each customer.
        kind_of, stage_of, industry_of: of each customer; positions in STAGES and INDUSTRIES.
        joined: day on which we came to know each customer; they are in that order.
    """

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes
        dice = Dice(sizes.seed, "world")
        count = sizes.communities
        self.city: list[str] = []
        self.english: list[bool] = []
        for index in range(count):
            foreign = index % 8 == 7
            self.city.append(
                dice.pick(FOREIGN_CITIES) if foreign else CITIES[int(30 * dice.random() ** 1.5)]
            )
            self.english.append(foreign)
        # a few large circles and many small ones
        sized = Weighted([1.0 / (index + 3) for index in range(count)])
        self.community_of = [
            index if index < count else sized.pick(dice) for index in range(sizes.contacts)
        ]
        self.members: list[list[int]] = [[] for _ in range(count)]
        for contact, community in enumerate(self.community_of):
            self.members[community].append(contact)
        staged = Weighted([stage[1] for stage in STAGES])
        self.home_of: list[int] = []
        self.kind_of: list[CustomerKind] = []
        self.stage_of: list[int] = []
        self.industry_of: list[int] = []
        for index in range(sizes.customers):
            self.home_of.append(self.community_of[dice.below(sizes.contacts)])
            personal = index >= 3 * len(INDUSTRIES) and dice.chance(0.35)
            self.kind_of.append(CustomerKind.PERSON if personal else CustomerKind.ORGANIZATION)
            self.stage_of.append(staged.pick(dice))
            self.industry_of.append(
                index % len(INDUSTRIES) if index < 60 else dice.below(len(INDUSTRIES))
            )

    def joined(self, customer: int) -> date:
        """The day on which we came to know a customer; later customers are known later."""
        days = 365 * YEARS - 30
        return TODAY - timedelta(days=days - customer * days // self.sizes.customers)

    def buyer(self, customer: int) -> int:
        """The contact who speaks for a customer first."""
        members = self.members[self.home_of[customer]]
        return members[customer * 7919 % len(members)]  # a prime, to spread them


def at(day: date, dice: Dice) -> datetime:
    """A moment in business hours of that day in China."""
    minute = dice.between(60, 600)  # 9:00 to 18:00 there is 1:00 to 10:00 UTC
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minute)
