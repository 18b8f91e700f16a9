"""The generated edges among people and firms: affiliations, ties, roles, referrals, owners."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from graph.generating import names
from graph.generating.dice import Dice
from graph.generating.nodes import has_unit, is_company
from graph.generating.world import STAGES, TODAY, World, at
from graph.model import NodeRef
from graph.model.words import (
    AffiliationKind,
    CustomerKind,
    DealRoleKind,
    ReferralStatus,
    TieKind,
)
from graph.store import Upsert

_OPEN_OR_LOST = (
    ReferralStatus.PENDING,
    ReferralStatus.PENDING,
    ReferralStatus.CONTACTED,
    ReferralStatus.LOST,
    ReferralStatus.EXPIRED,
)
_TIES = (
    (TieKind.CLASSMATE, 0.35, 0.8),
    (TieKind.COLLEAGUE, 0.3, 0.7),
    (TieKind.FRIEND, 0.3, 0.9),
    (TieKind.CLUB_MATE, 0.2, 0.6),
    (TieKind.RELATIVE, 0.7, 1.0),
    (TieKind.OTHER, 0.0, 0.3),
)
"""Kind of tie, and the least and greatest strength it has; the first are commonest."""


_ATTRACTION = 3
"""How many newcomers' weight each referral adds to its referrer: more, a heavier tail."""


def _edge(name: str, key: str, source: NodeRef, target: NodeRef, /, **values: Any) -> Upsert:
    return Upsert(name, key, {"source": source, "target": target, **values})


def _contact(index: int) -> NodeRef:
    return NodeRef("Contact", f"contact-{index + 1}")


def _customer(index: int) -> NodeRef:
    return NodeRef("Customer", f"customer-{index + 1}")


def accounts(world: World) -> Iterator[Upsert]:
    """Each customer's organization or person."""
    for index, kind in enumerate(world.kind_of):
        firm = NodeRef("Organization", f"company-{index + 1}")
        whose = firm if kind is CustomerKind.ORGANIZATION else _contact(world.buyer(index))
        yield _edge("Account", f"account-{index + 1}", _customer(index), whose)


def deal_roles(world: World) -> Iterator[Upsert]:
    """One to four contacts of each firm that is a customer."""
    dice = Dice(world.sizes.seed, "roles")
    roles = tuple(DealRoleKind)
    for index, kind in enumerate(world.kind_of):
        if kind is CustomerKind.PERSON:
            continue
        members = world.members[world.home_of[index]]
        others = (dice.pick(members) for _ in range(dice.between(0, 3)))
        for place, contact in enumerate(dict.fromkeys((world.buyer(index), *others))):
            role = roles[0] if place == 0 else roles[1 + dice.below(4)]
            yield _edge(
                "DealRole",
                f"role-{index + 1}-{contact + 1}",
                _contact(contact),
                _customer(index),
                role=role,
                title=dice.pick(names.TITLES),
            )


def affiliations(world: World) -> Iterator[Upsert]:
    """Where contacts work, studied, served and belong."""
    dice = Dice(world.sizes.seed, "affiliations")
    firms: list[list[int]] = [[] for _ in world.city]
    for index in range(world.sizes.companies):
        known = index < world.sizes.customers
        home = world.home_of[index] if known else index % len(world.city)
        if is_company(world, index):
            firms[home].append(index)
    for contact, community in enumerate(world.community_of):
        place = community + 1
        if firms[community] and dice.chance(0.9):
            yield _affiliation(
                contact,
                AffiliationKind.WORKS_AT,
                f"company-{dice.pick(firms[community]) + 1}",
                title=dice.pick(names.TITLES),
                department=dice.pick(names.DEPARTMENTS),
                since=_day(dice, 1995, 2025),
            )
        if dice.chance(0.75):
            until = _day(dice, 1980, 2020)
            yield _affiliation(
                contact,
                AffiliationKind.STUDIED_AT,
                f"school-{place}",
                unit=f"{until.year}届{dice.between(1, 4)}班",
                until=until,
            )
        if dice.chance(0.3):
            since = _day(dice, 2010, 2025)
            yield _affiliation(contact, AffiliationKind.MEMBER_OF, f"club-{place}", since=since)
        if has_unit(world, community) and dice.chance(0.2):
            until = _day(dice, 1980, 2015)
            yield _affiliation(contact, AffiliationKind.SERVED_IN, f"unit-{place}", until=until)


def _affiliation(contact: int, kind: AffiliationKind, organization: str, **values: Any) -> Upsert:
    target = NodeRef("Organization", organization)
    key = f"{organization}-{contact + 1}"
    return _edge("Affiliation", key, _contact(contact), target, kind=kind, **values)


def _day(dice: Dice, first: int, last: int) -> date:
    return date(dice.between(first, last), dice.between(1, 12), dice.between(1, 28))


def ties(world: World) -> Iterator[Upsert]:
    """Who knows whom: newcomers come to know the well known, and friends of their friends."""
    dice = Dice(world.sizes.seed, "ties")
    friends: dict[int, list[int]] = {}
    for members in world.members:
        urn: list[int] = []
        for contact in members:
            known = _friends_to_be(dice, urn, friends, world.sizes.contacts, contact)
            for other in known:
                kind, low, high = _TIES[int(len(_TIES) * dice.random() ** 1.5)]
                yield _edge(
                    "Tie",
                    f"tie-{other + 1}-{contact + 1}",
                    *sorted((_contact(other), _contact(contact))),
                    kind=kind,
                    strength=round(low + (high - low) * dice.random(), 2),
                    since=_day(dice, 1990, 2025),
                )
            friends[contact] = known
            urn += [contact, *known]


def _friends_to_be(
    dice: Dice, urn: list[int], friends: dict[int, list[int]], contacts: int, contact: int
) -> list[int]:
    """Up to five earlier contacts, and now and then somebody of another circle."""
    known: dict[int, None] = {}
    if urn:
        for _ in range(dice.between(1, 5)):
            other = dice.pick(urn)
            near = friends.get(other)
            known[dice.pick(near) if near and dice.chance(0.4) else other] = None
    if dice.chance(0.08):
        stranger = dice.below(contacts)
        if stranger in friends:  # ties lead from newcomers to those before, so none comes twice
            known[stranger] = None
    known.pop(contact, None)
    return list(known)


def referrals(world: World) -> Iterator[Upsert]:
    """Who brought whom: a forest in which those who referred much refer more."""
    dice = Dice(world.sizes.seed, "referrals")
    urns: list[list[NodeRef]] = [[] for _ in world.city]
    everyone: list[NodeRef] = []
    for index, home in enumerate(world.home_of):
        urn = urns[home] if urns[home] and dice.chance(0.8) else everyone
        if urn and dice.chance(0.6):
            referrer = dice.pick(urn)
            yield _referral(world, dice, index, referrer)
            urns[home] += [referrer] * _ATTRACTION
            everyone += [referrer] * _ATTRACTION
        joining = [_customer(index)]
        if dice.chance(0.3):
            joining.append(_contact(world.buyer(index)))
        urns[home] += joining
        everyone += joining


def _referral(world: World, dice: Dice, index: int, referrer: NodeRef) -> Upsert:
    bought = STAGES[world.stage_of[index]][2] > 0
    status = ReferralStatus.CONVERTED if bought else dice.pick(_OPEN_OR_LOST)
    return _edge(
        "Referral",
        f"referral-{index + 1}",
        referrer,
        _customer(index),
        status=status,
        at=at(world.joined(index), dice),
        channel=dice.pick(names.CHANNELS),
    )


def ownerships(world: World) -> Iterator[Upsert]:
    """Who of our people tends which customer, and who did before."""
    dice = Dice(world.sizes.seed, "ownerships")
    for index in range(world.sizes.customers):
        since = world.joined(index)
        if dice.chance(0.12):
            until = since + (TODAY - since) // 2
            yield _ownership(world, dice, index, "former", since=since, until=until)
            since = until
        if dice.chance(0.9):
            yield _ownership(world, dice, index, "present", since=since + timedelta(days=1))


def _ownership(world: World, dice: Dice, index: int, which: str, **values: Any) -> Upsert:
    source = NodeRef("Staff", f"staff-{dice.below(world.sizes.staff) + 1}")
    return _edge("Ownership", f"owner-{index + 1}-{which}", source, _customer(index), **values)
