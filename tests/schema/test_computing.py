"""How analytics are computed for requests: once, kept, for one version."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

import pytest
from pydantic import Field

from graph.errors import BadInput, TimedOut
from graph.model import NodeRef
from graph.network import Network
from graph.snapshots import Snapshots
from graph.sqlite import SqliteStore
from graph.store import Upsert
from referral.allowance import budget
from referral.answers import Answer, Long
from referral.registry import Analytic, Parameter
from schema.computing import Analytics

ANN, BO, CY = (NodeRef("Contact", key) for key in ("ann", "bo", "cy"))
FACTOR = Parameter(
    name="factor",
    annotation=Annotated[int, Field(ge=1)],
    type=int,
    many=False,
    optional=False,
    required=False,
    default=1,
    description="",
    least=1,
    most=None,
)


class Counted:
    """Analytics that count how often they run, and run only while they are let."""

    def __init__(self) -> None:
        self.runs: list[Any] = []
        self.threads: set[int] = set()
        self.began = threading.Semaphore(0)
        self.let = threading.Event()
        self.let.set()
        self.fails = False

    def whole(self, network: Network, *, factor: int = 1) -> int:
        """The number of nodes, times the factor."""
        self.runs.append(factor)
        self.threads.add(threading.get_ident())
        self.began.release()
        assert self.let.wait(10)
        if self.fails:
            raise BadInput("no")
        return len(network) * factor

    def each(self, network: Network, anchors: Sequence[NodeRef], *, factor: int = 1) -> list[str]:
        """The keys, repeated."""
        self.runs.append([anchor.key for anchor in anchors])
        self.began.release()
        assert self.let.wait(10)
        return [anchor.key * factor for anchor in anchors]

    def analytic(self, of: str | None = None) -> Analytic:
        """One of the two."""
        function = self.whole if of is None else self.each
        return Analytic("counted", function, (FACTOR,), int, optional=False, description="", of=of)


@pytest.fixture
def counted() -> Counted:
    return Counted()


@pytest.fixture
async def store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SqliteStore]:
    opened = SqliteStore(tmp_path_factory.mktemp("computing"))
    await write(opened, "ann")
    yield opened
    await opened.close()


@pytest.fixture
def analytics(store: SqliteStore) -> Analytics:
    return Analytics(Snapshots(store))


async def write(store: SqliteStore, key: str, tenant: str = "t") -> None:
    change = Upsert("Contact", key, {"name": key})
    await store.tenant(tenant).commit([change], actor="test")


async def started(counted: Counted) -> None:
    """Returns once one more run has begun."""
    await asyncio.to_thread(counted.began.acquire)


async def test_the_same_question_is_computed_once(analytics: Analytics, counted: Counted) -> None:
    asked = counted.analytic()

    answers = [await analytics.whole(asked, "t", given) for given in ({}, {"factor": 1}, {})]

    assert answers == [1, 1, 1]
    assert counted.runs == [1]
    assert threading.get_ident() not in counted.threads


async def test_those_who_ask_at_once_share_a_computation(
    analytics: Analytics, counted: Counted
) -> None:
    asked = counted.analytic()
    counted.let.clear()
    asking = [asyncio.create_task(analytics.whole(asked, "t", {"factor": 2})) for _ in range(5)]
    await started(counted)
    counted.let.set()

    assert await asyncio.gather(*asking) == [2] * 5
    assert counted.runs == [2]


async def test_arguments_versions_and_tenants_have_answers_of_their_own(
    analytics: Analytics, store: SqliteStore, counted: Counted
) -> None:
    asked = counted.analytic()
    await write(store, "bo", "other")
    await write(store, "cy", "other")

    assert await analytics.whole(asked, "t", {}) == 1
    assert await analytics.whole(asked, "t", {"factor": 3}) == 3
    assert await analytics.whole(asked, "other", {}) == 2
    await write(store, "bo")
    assert await analytics.whole(asked, "t", {}) == 2
    assert counted.runs == [1, 3, 1, 1]


async def test_a_failure_is_told_to_all_and_not_kept(
    analytics: Analytics, counted: Counted
) -> None:
    asked = counted.analytic()
    counted.fails = True
    counted.let.clear()
    asking = [asyncio.create_task(analytics.whole(asked, "t", {})) for _ in range(2)]
    await started(counted)
    counted.let.set()
    told = await asyncio.gather(*asking, return_exceptions=True)
    assert [type(error) for error in told] == [BadInput, BadInput]

    counted.fails = False

    assert await analytics.whole(asked, "t", {}) == 1
    assert counted.runs == [1, 1]


async def test_who_gives_up_does_not_take_the_answer_from_others(
    analytics: Analytics, counted: Counted
) -> None:
    asked = counted.analytic()
    counted.let.clear()
    first, second = (asyncio.create_task(analytics.whole(asked, "t", {})) for _ in range(2))
    await started(counted)

    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    counted.let.set()

    assert await second == 1
    assert counted.runs == [1]


async def test_only_the_answers_last_asked_for_are_kept(
    store: SqliteStore, counted: Counted
) -> None:
    analytics = Analytics(Snapshots(store), memory_bytes=2 * sys.getsizeof(1))
    asked = counted.analytic()

    for factor in (1, 2, 1, 3, 1, 2):
        await analytics.whole(asked, "t", {"factor": factor})

    assert counted.runs == [1, 2, 3, 2]


async def test_more_records_than_are_kept_are_answered(
    store: SqliteStore, counted: Counted
) -> None:
    analytics = Analytics(Snapshots(store), memory_bytes=sys.getsizeof("ann"))

    answers = await analytics.each(counted.analytic("Contact"), "t", [ANN, BO, CY], {})

    assert answers == ["ann", "bo", "cy"]


async def test_only_records_not_asked_about_before_are_computed(
    analytics: Analytics, counted: Counted
) -> None:
    asked = counted.analytic("Contact")
    first = await analytics.each(asked, "t", [ANN, BO], {"factor": 2})

    second = await analytics.each(asked, "t", [CY, ANN, CY], {"factor": 2})

    assert (first, second) == (["annann", "bobo"], ["cycy", "annann", "cycy"])
    assert counted.runs == [["ann", "bo"], ["cy"]]


async def test_records_being_computed_are_waited_for(
    analytics: Analytics, counted: Counted
) -> None:
    asked = counted.analytic("Contact")
    counted.let.clear()
    first = asyncio.create_task(analytics.each(asked, "t", [ANN, BO], {}))
    await started(counted)
    second = asyncio.create_task(analytics.each(asked, "t", [BO, CY], {}))
    await started(counted)
    counted.let.set()

    assert (await first, await second) == (["ann", "bo"], ["bo", "cy"])
    assert counted.runs == [["ann", "bo"], ["cy"]]


async def test_a_wrong_argument_is_refused_before_anything_is_computed(
    analytics: Analytics, counted: Counted
) -> None:
    with pytest.raises(BadInput, match="factor: 0"):
        await analytics.whole(counted.analytic(), "t", {"factor": 0})

    assert counted.runs == []


# -- older answers


def sized(network: Network) -> Answer:
    """Which version it is."""
    return Answer(
        version=Long(network.version), computed_at=network.computed_at, method=str(len(network))
    )


SIZED = Analytic("sized", sized, (), Answer, optional=False, description="")


async def settled(analytics: Analytics) -> None:
    """Returns once nothing is computed behind any more."""
    await asyncio.gather(*analytics._behind.values(), return_exceptions=True)


async def test_an_older_answer_is_given_to_who_takes_it_and_a_newer_one_is_computed(
    analytics: Analytics, store: SqliteStore
) -> None:
    first = await analytics.whole(SIZED, "t", {})
    await write(store, "bo")

    taken = await analytics.whole(SIZED, "t", {}, max_age_s=60)
    await settled(analytics)
    again = await analytics.whole(SIZED, "t", {}, max_age_s=60)

    assert (first.version, first.age) == (1, 0.0)
    assert taken.version == 1
    assert 0 < taken.age < 60
    assert again.version == 2


async def test_an_older_answer_is_not_given_to_who_does_not_take_it(
    analytics: Analytics, store: SqliteStore
) -> None:
    await analytics.whole(SIZED, "t", {})
    await write(store, "bo")
    await asyncio.sleep(0.02)

    assert (await analytics.whole(SIZED, "t", {}, max_age_s=0.01)).version == 2


async def test_an_older_answer_is_not_given_to_who_names_a_version(
    analytics: Analytics, store: SqliteStore
) -> None:
    await analytics.whole(SIZED, "t", {})
    await write(store, "bo")

    assert (await analytics.whole(SIZED, "t", {}, 2, max_age_s=60)).version == 2


async def test_many_who_take_an_older_answer_have_one_newer_computed(
    analytics: Analytics, store: SqliteStore, counted: Counted
) -> None:
    asked = counted.analytic()
    await analytics.whole(asked, "t", {})
    await write(store, "bo")

    taken = [await analytics.whole(asked, "t", {}, max_age_s=60) for _ in range(5)]
    await settled(analytics)

    assert taken == [1] * 5
    assert counted.runs == [1, 1]


async def test_a_newer_answer_that_fails_behind_leaves_the_older_one(
    analytics: Analytics, store: SqliteStore, counted: Counted
) -> None:
    asked = counted.analytic()
    await analytics.whole(asked, "t", {})
    await write(store, "bo")
    counted.fails = True

    assert await analytics.whole(asked, "t", {}, max_age_s=60) == 1
    await settled(analytics)
    assert await analytics.whole(asked, "t", {}, max_age_s=60) == 1


async def test_an_answer_larger_than_all_memory_is_given_and_not_kept(
    store: SqliteStore, counted: Counted
) -> None:
    analytics = Analytics(Snapshots(store), memory_bytes=1)

    answers = [await analytics.whole(counted.analytic(), "t", {}) for _ in range(2)]

    assert (answers, counted.runs) == ([1, 1], [1, 1])


# -- time


class Patient:
    """An analytic that looks at its budget until that is over."""

    def __init__(self) -> None:
        self.began = threading.Semaphore(0)
        self.runs = 0
        self.over = threading.Semaphore(0)
        self.told: list[str] = []

    def whole(self, network: Network) -> int:
        """Nothing."""
        self.runs += 1
        allowed, end = budget(), time.monotonic() + 10
        self.began.release()
        try:
            while time.monotonic() < end:
                allowed.check("waiting")
                time.sleep(0.002)
        except TimedOut as error:
            self.told.append(str(error))
            self.over.release()
            raise
        raise AssertionError("nobody stopped it")

    def analytic(self) -> Analytic:
        """The analytic."""
        return Analytic("patient", self.whole, (), int, optional=False, description="")


async def test_a_computation_has_the_time_of_the_request(analytics: Analytics) -> None:
    patient = Patient()

    with pytest.raises(TimedOut, match="waiting takes longer than the 0"):
        await analytics.whole(patient.analytic(), "t", {}, deadline=time.perf_counter() + 0.1)


async def test_when_the_last_one_gives_up_the_computation_stops(analytics: Analytics) -> None:
    patient = Patient()
    asked = patient.analytic()
    first, second = (asyncio.create_task(analytics.whole(asked, "t", {})) for _ in range(2))
    await asyncio.to_thread(patient.began.acquire)

    first.cancel()
    await asyncio.sleep(0.05)
    assert patient.told == []
    second.cancel()
    await asyncio.to_thread(patient.over.acquire)

    assert patient.told == ["waiting was cancelled; ask again for an answer"]
    assert patient.runs == 1


async def test_who_asks_for_what_is_being_stopped_has_it_computed_anew(
    analytics: Analytics, counted: Counted
) -> None:
    asked = counted.analytic()
    counted.let.clear()
    first = asyncio.create_task(analytics.whole(asked, "t", {}))
    await started(counted)
    first.cancel()
    await asyncio.sleep(0)

    second = asyncio.create_task(analytics.whole(asked, "t", {}))
    await started(counted)
    counted.let.set()

    assert await second == 1
    assert counted.runs == [1, 1]


async def test_who_has_more_time_than_the_computation_joined_has_it_computed_again(
    analytics: Analytics,
) -> None:
    patient = Patient()
    asked = patient.analytic()
    now = time.perf_counter()

    answers = await asyncio.gather(
        analytics.whole(asked, "t", {}, deadline=now + 0.1),
        analytics.whole(asked, "t", {}, deadline=now + 0.3),
        return_exceptions=True,
    )

    assert [type(answer) for answer in answers] == [TimedOut, TimedOut]
    assert patient.runs == 2
