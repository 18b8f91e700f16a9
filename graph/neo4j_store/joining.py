"""Reads of several requests in one statement, where they differ by their anchors alone.

What a statement costs this process and the database beside its rows is the same for one anchor
and for ten. Whoever comes while few statements of a shape are on their way is sent at once, as if
alone; whoever comes later waits for one of them to end, and goes with all who have come until then.
So a statement begins after the last of its askers came, and none sees less than alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from graph.errors import DomainError
from graph.model import NodeRef
from graph.neo4j_store.failures import may_be_one_askers

Rows = Mapping[NodeRef, Any]
"""What a statement says of each anchor that is there."""

Ask = Callable[[Sequence[NodeRef]], Coroutine[Any, Any, Rows]]
"""Sends the statement of a shape about those anchors."""

AT_ONCE = 1
"""Statements of a shape on their way beside which others wait. With two, contacts by key took a
third more time; the next one is sent before the rows of the last are read, so none stands idle.
Statements that keep the database busy for long need more, or its other cores stand idle."""

LONGEST_WAIT_S = 0.03
"""How long others' statements are waited for: they may be slow, or stuck."""


class Joining:
    """Who reads at a time, in lines of those whom one statement can answer."""

    def __init__(self) -> None:
        self._lines: dict[Hashable, _Line] = {}

    async def read(
        self,
        shape: Hashable,
        anchors: Sequence[NodeRef],
        most: int,
        ask: Ask,
        at_once: int = AT_ONCE,
    ) -> Rows:
        """What a statement says of these anchors, and maybe of others.

        Args:
            shape: all that the statement depends on beside its anchors.
            anchors: what it is asked about.
            most: most anchors of a statement of several askers.
            ask: sends it.
            at_once: statements of the shape on their way beside which others wait.

        Raises:
            DomainError: it failed, and not by what others asked.
        """
        if 2 * len(anchors) > most:
            return await ask(anchors)
        line = self._lines.get(shape)
        if line is None:
            line = self._lines[shape] = _Line(ask, most, at_once)
        try:
            return await line.read(anchors)
        finally:
            if line.idle and self._lines.get(shape) is line:
                del self._lines[shape]


@dataclass(eq=False, slots=True)
class _Statement:
    """A statement of several askers on its way.

    Attributes:
        task: sends it.
        askers: how many of them are still there.
    """

    task: asyncio.Task[Rows]
    askers: int


@dataclass(eq=False, slots=True)
class _Asker:
    """Who waits for a statement with others.

    Attributes:
        anchors: what it asks about.
        answered: its statement, when that has ended.
        statement: the same as soon as it is sent.
    """

    anchors: Sequence[NodeRef]
    answered: asyncio.Future[_Statement]
    statement: _Statement | None = None


class _Line:
    """Those who ask the same about different anchors.

    Args:
        ask: sends a statement.
        most: its most anchors.
        at_once: statements on their way beside which others wait.
    """

    def __init__(self, ask: Ask, most: int, at_once: int) -> None:
        self._ask = ask
        self._most = most
        self._at_once = at_once
        self._sent = 0
        self._waiting: list[_Asker] = []
        self._patience: asyncio.TimerHandle | None = None

    @property
    def idle(self) -> bool:
        """Whether nobody asks."""
        return not self._sent and not self._waiting

    async def read(self, anchors: Sequence[NodeRef]) -> Rows:
        """What a statement says of these anchors, and maybe of others."""
        if self._sent >= self._at_once:
            return await self._read_with_others(anchors)
        self._sent += 1
        try:
            return await self._ask(anchors)
        finally:
            self._ended()

    async def _read_with_others(self, anchors: Sequence[NodeRef]) -> Rows:
        asker = self._wait(anchors)
        try:
            statement = await asker.answered
        except asyncio.CancelledError:
            self._leave(asker)
            raise
        try:
            return statement.task.result()
        except DomainError as error:
            if not may_be_one_askers(error):
                raise
        return await self._ask(anchors)

    def _wait(self, anchors: Sequence[NodeRef]) -> _Asker:
        loop = asyncio.get_running_loop()
        asker = _Asker(anchors, loop.create_future())
        self._waiting.append(asker)
        if self._patience is None:
            self._patience = loop.call_later(LONGEST_WAIT_S, self._send_all)
        return asker

    def _leave(self, asker: _Asker) -> None:
        """Forgets who was cancelled; a statement that nobody waits for is given up."""
        statement = asker.statement
        if statement is None:
            self._waiting.remove(asker)
            return
        statement.askers -= 1
        if not statement.askers:
            statement.task.cancel()

    def _ended(self) -> None:
        """A statement has: whoever waits may go."""
        self._sent -= 1
        if self._waiting and self._sent < self._at_once:
            self._send()

    def _send_all(self) -> None:
        while self._waiting:
            self._send()

    def _send(self) -> None:
        """Sends one statement for as many as it can answer."""
        askers = self._next()
        anchors = list(dict.fromkeys(ref for asker in askers for ref in asker.anchors))
        task = asyncio.get_running_loop().create_task(self._ask(anchors))
        statement = _Statement(task, len(askers))
        for asker in askers:
            asker.statement = statement
        self._sent += 1
        task.add_done_callback(partial(self._answer, statement, askers))

    def _next(self) -> list[_Asker]:
        """Those who go together, in the order they came in."""
        room, taken = self._most, 0
        for asker in self._waiting:
            room -= len(asker.anchors)
            if room < 0:
                break
            taken += 1
        askers, self._waiting = self._waiting[:taken], self._waiting[taken:]
        if self._patience is not None and not self._waiting:
            self._patience.cancel()
            self._patience = None
        return askers

    def _answer(
        self, statement: _Statement, askers: Sequence[_Asker], task: asyncio.Task[Rows]
    ) -> None:
        if not task.cancelled():
            task.exception()  # each asker raises it; asyncio need not warn that none did
        self._ended()
        for asker in askers:
            if not asker.answered.done():
                asker.answered.set_result(statement)
