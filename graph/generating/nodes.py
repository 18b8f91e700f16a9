"""The generated people, firms and goods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graph.generating import names
from graph.generating.dice import Dice
from graph.generating.names import CITIES, INDUSTRIES
from graph.generating.world import STAGES, TODAY, World
from graph.model.words import (
    Calendar,
    CreditRating,
    CustomerKind,
    Motive,
    OrganizationKind,
    OwnershipType,
    Sex,
    StaffRole,
)
from graph.store import Upsert

_ROLES = (StaffRole.SALES, StaffRole.SALES, StaffRole.SERVICE, StaffRole.TRAINER)


def staff(world: World) -> Iterator[Upsert]:
    """Our own people."""
    dice = Dice(world.sizes.seed, "staff")
    for index in range(world.sizes.staff):
        person = names.person(dice, english=False)
        role = StaffRole.IMPLEMENTER if index % 11 == 10 else _ROLES[index % len(_ROLES)]
        yield Upsert("Staff", f"staff-{index + 1}", {"name": person.name, "role": role})


def goods(_world: World) -> Iterator[Upsert]:
    """What firms offer and need, by industry."""
    for number, industry in enumerate(INDUSTRIES):
        for place, name in enumerate(industry.goods):
            values = {"name": name, "category": industry.name}
            yield Upsert("Good", good_key(number, place), values)


def good_key(industry: int, place: int) -> str:
    """Key of an industry's good."""
    return f"good-{industry + 1}-{place + 1}"


def organizations(world: World) -> Iterator[Upsert]:
    """Companies, then a school, a club and now and then a military unit for each community."""
    dice = Dice(world.sizes.seed, "organizations")
    for index in range(world.sizes.companies):
        if not is_company(world, index):
            continue
        industry = INDUSTRIES[company_industry(world, index)]
        city = company_city(world, index)
        values = {
            "name": names.firm(dice, city, industry),
            "kind": OrganizationKind.COMPANY,
            "industry": industry.name,
            "region": city,
        }
        yield Upsert("Organization", f"company-{index + 1}", values)
    for index, city in enumerate(world.city):
        school, club = dice.pick(names.SCHOOL_KINDS), dice.pick(names.CLUB_KINDS)
        circles = [
            ("school", f"{city}{school}", OrganizationKind.SCHOOL),
            ("club", f"{city}{club}", OrganizationKind.CLUB),
        ]
        if has_unit(world, index):
            unit = f"{city}{dice.between(101, 999)}部队"
            circles.append(("unit", unit, OrganizationKind.MILITARY_UNIT))
        for word, name, kind in circles:
            values = {"name": name, "kind": kind, "region": city}
            yield Upsert("Organization", f"{word}-{index + 1}", values)


def is_company(world: World, index: int) -> bool:
    """Whether there is a company of that number: persons who are customers have none."""
    persons = index < world.sizes.customers
    return not persons or world.kind_of[index] is CustomerKind.ORGANIZATION


def company_industry(world: World, index: int) -> int:
    """Position of a company's industry."""
    known = index < world.sizes.customers
    return world.industry_of[index] if known else index % len(INDUSTRIES)


def company_city(world: World, index: int) -> str:
    """City of a company: its customer's, or that of some community."""
    home = world.home_of[index] if index < world.sizes.customers else index % len(world.city)
    return world.city[home]


def has_unit(world: World, community: int) -> bool:
    """Whether former soldiers are in a community."""
    return community % 3 == 0 and not world.english[community]


def contacts(world: World) -> Iterator[Upsert]:
    """The people."""
    dice = Dice(world.sizes.seed, "contacts")
    for index, community in enumerate(world.community_of):
        english = dice.chance(0.9 if world.english[community] else 0.03)
        yield Upsert("Contact", f"contact-{index + 1}", _contact(world, index, dice, english))


def _contact(world: World, index: int, dice: Dice, english: bool) -> dict[str, Any]:
    person = names.person(dice, english=english)
    city = world.city[world.community_of[index]]
    lunar = not english and dice.chance(0.3)
    values: dict[str, Any] = {
        "name": person.name,
        "sex": Sex.FEMALE if person.female else Sex.MALE,
        "region": city,
        "birthplace": city if dice.chance(0.6) else dice.pick(CITIES),
        "birthday": f"{dice.between(1955, 2002)}-{dice.between(1, 12):02}-{_day(dice, lunar):02}",
        "birthday_calendar": Calendar.LUNAR if lunar else Calendar.SOLAR,
        "phones": (phone(index),),
    }
    if dice.chance(0.5):
        values["emails"] = (f"{person.latin}{index + 1}@example.com",)
    if dice.chance(0.7):
        values["wechat"] = f"{person.latin.replace('.', '_')}{index + 1}"
    if dice.chance(0.5):
        values["hobbies"] = tuple(
            dict.fromkeys(dice.pick(names.HOBBIES) for _ in range(dice.between(1, 3)))
        )
    if dice.chance(0.3):
        values["cares_about"] = (dice.pick(names.CARES),)
    if dice.chance(0.25):
        values["motive"] = dice.pick(tuple(Motive))
    if dice.chance(0.2):
        begin = dice.between(9, 19)
        values["preferred_contact_hours"] = f"{begin:02}:00-{begin + 2:02}:00"
    return values


def _day(dice: Dice, lunar: bool) -> int:
    """A day every month has: lunar months have at least 29."""
    return dice.between(1, 29 if lunar else 28)


def phone(number: int) -> str:
    """A number in China's form that nobody has: no plan gives 10 before nine digits."""
    return f"+8610{(number * 7_368_787 + 123_456_789) % 1_000_000_000:09}"


def customers(world: World) -> Iterator[Upsert]:
    """The accounts."""
    organization_dice = Dice(world.sizes.seed, "organizations")
    dice = Dice(world.sizes.seed, "customers")
    people = Dice(world.sizes.seed, "contacts of customers")
    for index in range(world.sizes.customers):
        city = world.city[world.home_of[index]]
        industry = INDUSTRIES[world.industry_of[index]]
        if world.kind_of[index] is CustomerKind.ORGANIZATION:
            # the same throws as those of its organization, so the same name
            values = _firm(dice, names.firm(organization_dice, city, industry), industry.name)
        else:
            english = world.english[world.home_of[index]]
            values = {"name": names.person(people, english=english).name}
        stage = world.stage_of[index]
        values |= {
            "kind": world.kind_of[index],
            "stage": STAGES[stage][0],
            "region": city,
            "phones": (phone(world.sizes.contacts + index),),
            "source": dice.pick(names.SOURCES),
            "trust": _share(dice, stage),
            "belief": _share(dice, stage),
        }
        yield Upsert("Customer", f"customer-{index + 1}", values)


def _firm(dice: Dice, name: str, industry: str) -> dict[str, Any]:
    headcount = int(dice.lognormal(60, 1.2)) + 2
    return {
        "name": name,
        "industry": industry,
        "ownership": OwnershipType.STATE if dice.chance(0.15) else OwnershipType.PRIVATE,
        "founded_on": TODAY.replace(year=dice.between(1985, 2022), day=dice.between(1, 28)),
        "headcount": headcount,
        "size": "小型" if headcount < 50 else "中型" if headcount < 300 else "大型",
        "credit_rating": dice.pick(tuple(CreditRating)) if dice.chance(0.6) else None,
    }


def _share(dice: Dice, stage: int) -> float:
    """Trust and belief grow with the stage."""
    return round(min(1.0, max(0.0, 0.25 + 0.12 * stage + 0.12 * dice.normal())), 2)
