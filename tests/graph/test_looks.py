"""How requests share looks, and what they are spared when one goes wrong."""

from __future__ import annotations

import asyncio
from time import monotonic

import pytest

from graph.looks import TURNS, Looks


class Database:
    """Whose looks last until they are told to end."""

    def __init__(self) -> None:
        self.looks = Looks()
        self.running: list[asyncio.Future[None]] = []

    async def look(self) -> None:
        self.running.append(asyncio.get_running_loop().create_future())
        await self.running[-1]

    def comes(self) -> asyncio.Task[None]:
        """Somebody who wants to see all that is there by now."""
        return asyncio.create_task(self.looks.since(monotonic(), self.look))

    async def end(self, error: Exception | None = None) -> None:
        """Ends the look that runs; all whom it served go on."""
        look = self.running[-1]
        if error is None:
            look.set_result(None)
        else:
            look.set_exception(error)
        await turns(TURNS + 3)


async def turns(number: int) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


@pytest.fixture
async def database() -> Database:
    return Database()


async def test_who_comes_alone_looks_at_once(database: Database) -> None:
    one = database.comes()
    await turns(1)
    assert len(database.running) == 1
    await database.end()

    other = database.comes()  # nothing is waited for after a look that nobody waited for
    await turns(1)
    assert (one.done(), len(database.running)) == (True, 2)
    await database.end()
    assert other.done()


async def test_those_who_come_together_share_a_look(database: Database) -> None:
    moment = monotonic()
    all_ = [asyncio.create_task(database.looks.since(moment, database.look)) for _ in range(20)]
    await turns(1)

    await database.end()

    assert [one.done() for one in all_] == [True] * 20
    assert len(database.running) == 1


async def test_who_comes_while_a_look_goes_on_shares_the_next_one(database: Database) -> None:
    first = database.comes()
    await turns(1)
    late = [database.comes() for _ in range(20)]
    await turns(1)

    await database.end()

    assert first.done()
    assert not any(one.done() for one in late)
    assert len(database.running) == 2
    await database.end()
    assert [one.done() for one in late] == [True] * 20


async def test_most_of_many_go_on_first_and_what_their_clients_ask_next_shares_a_look(
    database: Database,
) -> None:
    moment = monotonic()
    many = [asyncio.create_task(database.looks.since(moment, database.look)) for _ in range(9)]
    await turns(1)

    database.running[-1].set_result(None)
    await turns(2)
    first = [one.done() for one in many]
    again = [database.comes() for _ in range(4)]
    await turns(TURNS + 1)

    assert first == [True] * 7 + [False] * 2  # the one who looked, and most of the others
    assert [one.done() for one in many] == [True] * 9
    assert (again[0].done(), len(database.running)) == (False, 2)
    await database.end()
    assert [one.done() for one in again] == [True] * 4


async def test_where_many_more_wait_than_were_served_the_next_look_begins_at_once(
    database: Database,
) -> None:
    moment = monotonic()
    served = [asyncio.create_task(database.looks.since(moment, database.look)) for _ in range(2)]
    await turns(1)
    waiting = [database.comes() for _ in range(3)]
    await turns(1)

    database.running[-1].set_result(None)
    await turns(2)

    assert [one.done() for one in (*served, *waiting)] == [True] * 2 + [False] * 3
    assert len(database.running) == 2
    await database.end()
    assert [one.done() for one in waiting] == [True] * 3


async def test_a_look_that_is_new_enough_is_not_repeated(database: Database) -> None:
    moment = monotonic()
    database.comes()
    await turns(1)
    await database.end()

    await database.looks.since(moment, database.look)

    assert len(database.running) == 1


async def test_if_who_looks_is_cancelled_the_others_look_again(database: Database) -> None:
    moment = monotonic()
    leader, *others = (
        asyncio.create_task(database.looks.since(moment, database.look)) for _ in range(5)
    )
    await turns(1)
    late = database.comes()
    await turns(1)

    leader.cancel()
    await turns(5)

    assert leader.cancelled()
    assert len(database.running) == 2
    await database.end()
    assert [one.done() for one in (*others, late)] == [True] * 5


async def test_if_one_who_waits_is_cancelled_the_others_are_served(database: Database) -> None:
    database.comes()
    await turns(1)
    gone, stays = database.comes(), database.comes()
    await turns(1)

    gone.cancel()
    await database.end()
    await database.end()

    assert (gone.cancelled(), stays.done(), len(database.running)) == (True, True, 2)


async def test_nobody_looks_if_all_who_waited_were_cancelled(database: Database) -> None:
    database.comes()
    await turns(1)
    gone = database.comes()
    await turns(1)

    gone.cancel()
    await database.end()
    again = database.comes()
    await turns(1)
    await database.end()

    assert (again.done(), len(database.running)) == (True, 2)


async def test_an_error_is_told_to_all_whom_the_look_would_have_served(
    database: Database,
) -> None:
    moment = monotonic()
    together = [asyncio.create_task(database.looks.since(moment, database.look)) for _ in range(3)]
    await turns(1)
    late = [database.comes() for _ in range(3)]
    await turns(1)

    await database.end(OSError("first"))
    await database.end(OSError("second"))

    told = await asyncio.gather(*together, *late, return_exceptions=True)
    assert list(map(str, told)) == ["first"] * 3 + ["second"] * 3
    assert database.looks.newest == float("-inf")


async def test_after_an_error_the_next_look_may_succeed(database: Database) -> None:
    failed = database.comes()
    await turns(1)
    await database.end(OSError("no"))
    again = database.comes()
    await turns(1)
    await database.end()

    assert isinstance(failed.exception(), OSError)
    assert again.exception() is None
    assert len(database.running) == 2
