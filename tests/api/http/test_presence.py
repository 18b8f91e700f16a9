from __future__ import annotations

import asyncio

import pytest
from starlette.types import Message

from api.http.presence import PATIENCE_S, ClientGone, while_present


class Client:
    """Leaves when it is told to."""

    def __init__(self) -> None:
        self.left = asyncio.Event()
        self.said = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive(self) -> Message:
        if self.said:
            return self.said.pop()
        await self.left.wait()
        return {"type": "http.disconnect"}


async def test_what_the_work_gives_is_returned() -> None:
    client = Client()

    async def work() -> int:
        await asyncio.sleep(2 * PATIENCE_S)
        return 7

    assert await while_present(client.receive, work()) == 7


async def test_short_work_is_not_watched() -> None:
    async def receive() -> Message:
        raise AssertionError("watched")

    async def work() -> int:
        await asyncio.sleep(0)
        return 7

    assert await while_present(receive, work()) == 7
    await asyncio.sleep(2 * PATIENCE_S)


async def test_the_work_is_cancelled_when_the_client_leaves() -> None:
    client, ended = Client(), asyncio.Event()

    async def work() -> None:
        asyncio.get_running_loop().call_later(2 * PATIENCE_S, client.left.set)
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    with pytest.raises(ClientGone):
        await while_present(client.receive, work())

    assert ended.is_set()
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_work_that_goes_on_is_let_end_and_its_client_gone_all_the_same() -> None:
    client, written = Client(), []

    async def work() -> int:
        client.left.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            written.append("all of it")
        return 7

    with pytest.raises(ClientGone):
        await while_present(client.receive, work())

    assert written == ["all of it"]
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_a_cancellation_from_elsewhere_goes_on() -> None:
    client = Client()
    task = asyncio.create_task(while_present(client.receive, asyncio.sleep(60)))
    await asyncio.sleep(2 * PATIENCE_S)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_error_of_the_work_goes_on() -> None:
    async def work() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await while_present(Client().receive, work())
