"""The generated offers, needs and purchases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from graph.generating.dice import Dice
from graph.generating.edges import referrals
from graph.generating.names import INDUSTRIES
from graph.generating.nodes import good_key
from graph.generating.world import STAGES, TODAY, World, at
from graph.model import NodeRef
from graph.model.words import CustomerKind, ReferralStatus
from graph.store import Upsert

Pair = tuple[int, str]
"""A customer and the key of a good."""


def _planned(world: World) -> tuple[dict[Pair, None], dict[Pair, None]]:
    """Who offers and who needs what, by customer: circles of three first, then by chance.

    Firms offer goods of their own industry and need those of others, so none needs what it offers.
    """
    dice = Dice(world.sizes.seed, "trades")
    offered: dict[Pair, None] = {}
    needed: dict[Pair, None] = {}
    firms = [c for c, kind in enumerate(world.kind_of) if kind is CustomerKind.ORGANIZATION]
    for first in range(0, min(len(firms), 3 * (2 + len(firms) // 40)) - 2, 3):
        circle = firms[first : first + 3]
        for giver, taker in zip(circle, circle[1:] + circle[:1], strict=True):
            good = _good(world, dice, giver)
            offered[giver, good] = None
            needed[taker, good] = None
    for firm in firms:
        if dice.chance(0.35):
            offered[firm, _good(world, dice, firm)] = None
        if dice.chance(0.4):
            other = dice.pick(firms)
            if world.industry_of[other] != world.industry_of[firm]:
                needed[firm, _good(world, dice, other)] = None
    return offered, needed


def _good(world: World, dice: Dice, firm: int) -> str:
    industry = world.industry_of[firm]
    return good_key(industry, dice.below(len(INDUSTRIES[industry].goods)))


def offers(world: World) -> Iterator[Upsert]:
    """What firms would give."""
    return _wanted(world, "Offer", _planned(world)[0])


def needs(world: World) -> Iterator[Upsert]:
    """What firms would take."""
    return _wanted(world, "Need", _planned(world)[1])


def _wanted(world: World, kind: str, pairs: dict[Pair, None]) -> Iterator[Upsert]:
    dice = Dice(world.sizes.seed, kind)
    for customer, good in pairs:
        values = {
            "source": NodeRef("Customer", f"customer-{customer + 1}"),
            "target": NodeRef("Good", good),
            "value_minor": int(dice.lognormal(300, 0.8)) * 10_000,
            "quantity": dice.between(1, 5),
            "priority": dice.between(1, 3),
            "until": TODAY + timedelta(days=dice.between(30, 720)) if dice.chance(0.5) else None,
        }
        yield Upsert(kind, f"{kind.lower()}-{customer + 1}-{good.removeprefix('good-')}", values)


def purchases(world: World) -> Iterator[Upsert]:
    """Orders: more and larger ones at later stages; the first may come through a referral."""
    dice = Dice(world.sizes.seed, "purchases")
    through = {
        r.values["target"].key: r.key
        for r in referrals(world)
        if r.values["status"] is ReferralStatus.CONVERTED
    }
    for customer in range(world.sizes.customers):
        _, _, fewest, most, factor = STAGES[world.stage_of[customer]]
        key = f"customer-{customer + 1}"
        firm = world.kind_of[customer] is CustomerKind.ORGANIZATION
        day = world.joined(customer)
        days = (TODAY - day).days
        count = dice.between(fewest, most)
        for number in range(count):
            day += timedelta(days=int(dice.random() * 2 * days / (count + 1)))
            amount = int(dice.lognormal(8_000 * factor * (3 if firm else 1), 0.9) * 100)
            paid = amount if dice.chance(0.9) else amount * dice.below(10) // 10
            yield Upsert(
                "Purchase",
                f"purchase-{customer + 1}-{number + 1}",
                {
                    "customer_key": key,
                    "at": at(min(day, TODAY), dice),
                    "amount_minor": amount,
                    "paid_minor": paid,
                    "items": dice.between(1, 6),
                    "referral_key": through.get(key) if number == 0 else None,
                },
            )
