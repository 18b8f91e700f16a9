"""What is tried again, and when a server counts as gone."""

from __future__ import annotations

import asyncio

import pytest
from neo4j.exceptions import (
    DriverError,
    IncompleteCommit,
    Neo4jError,
    ReadServiceUnavailable,
    ServiceUnavailable,
    SessionExpired,
    WriteServiceUnavailable,
)

from graph.errors import StoreUnavailable
from graph.neo4j_store import patience
from graph.neo4j_store.patience import Attempts, Pulse, is_outage


def server_error(code: str) -> Neo4jError:
    return Neo4jError._hydrate_neo4j(code=f"Neo.{code}", message="inner words")


DEADLOCK = "TransientError.Transaction.DeadlockDetected"
PASSING = [
    server_error(DEADLOCK),
    server_error("ClientError.Cluster.NotALeader"),
    server_error("ClientError.General.ForbiddenOnReadOnlyDatabase"),
    server_error("TransientError.Database.DatabaseUnavailable"),
    ReadServiceUnavailable("x"),
    WriteServiceUnavailable("x"),
]
OUTAGES = [ServiceUnavailable("x"), SessionExpired("x")]
LASTING = [
    IncompleteCommit("x"),
    DriverError("x"),
    server_error("ClientError.Statement.SyntaxError"),
    server_error("ClientError.Security.Unauthorized"),
]


@pytest.mark.parametrize("error", PASSING, ids=repr)
def test_what_the_server_says_may_pass_is_tried_for_long(error: Neo4jError | DriverError) -> None:
    assert not is_outage(error)
    assert Attempts(passing_s=15, outage_s=0).pause(error) is not None
    assert Attempts(passing_s=0, outage_s=15).pause(error) is None


@pytest.mark.parametrize("error", OUTAGES, ids=repr)
def test_a_server_out_of_reach_is_tried_for_a_moment(error: DriverError) -> None:
    assert is_outage(error)
    assert Attempts(passing_s=15, outage_s=0).pause(error) is None
    assert Attempts(passing_s=0, outage_s=15).pause(error) is not None


@pytest.mark.parametrize("error", LASTING, ids=repr)
def test_what_does_not_pass_is_not_tried_again(error: Neo4jError | DriverError) -> None:
    assert Attempts(passing_s=15, outage_s=15).pause(error) is None


def test_pauses_double_up_to_the_longest() -> None:
    attempts = Attempts(passing_s=1_000)

    pauses = [attempts.pause(server_error(DEADLOCK)) or 0 for _ in range(7)]

    usual = (0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0)
    assert [0.8 <= pause / u <= 1.2 for pause, u in zip(pauses, usual, strict=True)] == [True] * 7


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "LOOK_S", 0.01)
    monkeypatch.setattr(patience, "ANSWER_S", 0.05)


async def forever() -> None:
    await asyncio.Event().wait()


async def waits(pulse: Pulse, seconds: float) -> str:
    async with pulse.watched("host:7687"):
        await asyncio.sleep(seconds)
    return "answered"


@pytest.mark.usefixtures("quick")
async def test_a_server_that_takes_its_time_is_waited_for() -> None:
    asked = []

    async def answer() -> None:
        asked.append(1)

    assert await waits(Pulse(answer), 0.1) == "answered"
    assert len(asked) > 1


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "error", [ServiceUnavailable("x"), OSError("x"), TimeoutError("x")], ids=repr
)
async def test_a_server_that_is_gone_is_not(error: Exception) -> None:
    async def fail() -> None:
        raise error

    with pytest.raises(StoreUnavailable):
        await waits(Pulse(fail), 30)


@pytest.mark.usefixtures("quick")
async def test_a_server_that_does_not_react_is_not_waited_for_and_asked_once_for_all() -> None:
    asked = []

    async def hang() -> None:
        asked.append(1)
        await forever()

    pulse = Pulse(hang)
    found = await asyncio.gather(*(waits(pulse, 30) for _ in range(20)), return_exceptions=True)

    assert {str(e) for e in found} == {
        "Neo4j at host:7687 took the connection but does not react; "
        "look whether it is stopped or overloaded, and restart it if need be"
    }
    assert len(asked) == 1


@pytest.mark.usefixtures("quick")
async def test_a_server_that_refuses_who_asks_is_there() -> None:
    async def refuse() -> None:
        raise server_error("ClientError.Security.Unauthorized")

    assert await waits(Pulse(refuse), 0.1) == "answered"


async def test_a_timeout_of_somebody_else_passes() -> None:
    with pytest.raises(TimeoutError, match="theirs"):
        async with Pulse(forever).watched("host:7687"):
            raise TimeoutError("theirs")


@pytest.mark.usefixtures("quick")
async def test_who_is_cancelled_stays_cancelled() -> None:
    pulse = Pulse(forever)
    task = asyncio.create_task(waits(pulse, 30))
    await asyncio.sleep(0.03)  # being asked

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    await pulse.end()
    await pulse.end()
