"""What a cancelled caller learns of a commit."""

from __future__ import annotations

import asyncio

import pytest

from graph import settling
from graph.errors import Conflict, Unconfirmed
from graph.settling import settled


def future() -> asyncio.Future[int]:
    return asyncio.get_running_loop().create_future()


async def cancelled(work: asyncio.Future[int], *, withdrawn: bool) -> asyncio.Task[int]:
    """A caller that waits for the work and is cancelled."""
    task = asyncio.create_task(settled(work, lambda: withdrawn))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    return task


async def test_without_cancelling_the_work_is_the_answer() -> None:
    work = future()
    work.set_result(7)

    assert await settled(work, lambda: pytest.fail("withdrawn")) == 7


async def test_what_has_not_begun_is_taken_back() -> None:
    task = await cancelled(future(), withdrawn=True)

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_what_has_begun_is_waited_for() -> None:
    work = future()
    task = await cancelled(work, withdrawn=False)
    assert not task.done()

    work.set_result(7)

    assert await task == 7


async def test_its_failure_is_told() -> None:
    work = future()
    task = await cancelled(work, withdrawn=False)

    work.set_exception(Conflict("no"))

    with pytest.raises(Conflict, match="no"):
        await task


async def test_what_was_made_as_the_caller_was_cancelled_is_told() -> None:
    work = future()
    task = asyncio.create_task(settled(work, lambda: pytest.fail("withdrawn")))
    await asyncio.sleep(0)
    work.set_result(7)
    task.cancel()

    assert await task == 7


async def test_work_that_was_cancelled_itself_is_cancelled() -> None:
    work = future()
    work.cancel()

    with pytest.raises(asyncio.CancelledError):
        await settled(work, lambda: False)


@pytest.mark.parametrize("end", ["result", "error", "cancelled"])
async def test_after_the_grace_the_outcome_is_said_to_be_unknown(
    end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "GRACE_S", 0.01)
    work = future()
    task = await cancelled(work, withdrawn=False)

    with pytest.raises(Unconfirmed) as unknown:
        await task
    assert work in settling._left
    match end:
        case "result":
            work.set_result(7)
        case "error":
            work.set_exception(Conflict("no"))
        case _:
            work.cancel()
    await asyncio.sleep(0.01)

    assert str(unknown.value) == (
        "the time allowed passed while the changes were being committed, and the database has "
        "not confirmed them since; they may be written: send them again with the same "
        "idempotency key, or look"
    )
    assert work not in settling._left


async def test_who_cancels_twice_waits_no_longer() -> None:
    task = await cancelled(future(), withdrawn=False)

    task.cancel()

    with pytest.raises(Unconfirmed):
        await task
