"""Computes analytics for requests: off the event loop, once for all who ask the same."""

from __future__ import annotations

import asyncio
import dataclasses
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from cachetools import LRUCache

from graph.errors import TimedOut
from graph.model import NodeRef
from graph.snapshots import Snapshots, View
from referral.allowance import PATIENCE_S, allowing
from referral.answers import Answer
from referral.kernels.budget import Budget
from referral.registry import Analytic

MEMORY_BYTES = 64 * 2**20
"""Memory of all kept answers, unless told otherwise."""

KEPT_QUESTIONS = 10_000
"""Questions whose last answer is known to those who take an older one."""

SHARE = 0.9
"""Of the time that a request has left, what a computation gets: the answer is still to be made."""

Question = tuple[object, ...]
"""What is asked: tenant, analytic, the record it is about, arguments."""

Compute = Callable[[list[Question]], Sequence[Any]]

AnswerT = TypeVar("AnswerT")


class Key(NamedTuple):
    """What an answer depends on: the question, and the version of the graph."""

    version: int
    question: Question


class _Kept(NamedTuple):
    answer: Any
    size: int


class _Last(NamedTuple):
    """The last answer to a question, and when its version was last known to be the newest."""

    key: Key
    seen: float


class _Flight:
    """One computation, and how many wait for it; when nobody does any more, it is to stop."""

    def __init__(self) -> None:
        self.cancel = threading.Event()
        self.waiting = 0
        self.task: asyncio.Task[Mapping[Key, _Kept]]

    def leave(self) -> None:
        """One waits no longer."""
        self.waiting -= 1
        if not self.waiting:
            self.cancel.set()


class Analytics:
    """Answers analytics on the network snapshots, and keeps the answers last asked for.

    An answer belongs to one version of a graph, so it is never outdated: a later version has
    answers of its own. Those who ask for what is being computed wait for the same computation;
    when the last of them is gone, or out of time, it is told to stop.

    Args:
        snapshots: where the networks come from.
        memory_bytes: of the answers kept; the least recently asked for go first.
        patience_s: seconds of a computation that has no deadline; None = as long as it takes.
    """

    def __init__(
        self,
        snapshots: Snapshots,
        *,
        memory_bytes: int = MEMORY_BYTES,
        patience_s: float | None = PATIENCE_S,
    ) -> None:
        self._snapshots = snapshots
        self._patience_s = patience_s
        self._answers: LRUCache[Key, _Kept] = LRUCache(memory_bytes, lambda kept: kept.size)
        self._last: LRUCache[Question, _Last] = LRUCache(KEPT_QUESTIONS)
        self._running: dict[Key, _Flight] = {}
        self._behind: dict[Question, asyncio.Task[Any]] = {}

    async def whole(
        self,
        analytic: Analytic,
        tenant: str,
        arguments: Mapping[str, Any],
        at_least: int = 0,
        *,
        max_age_s: float = 0.0,
        deadline: float | None = None,
    ) -> Any:
        """The answer about a tenant's whole network.

        Args:
            analytic: what to ask; not one of records of some kind.
            tenant: the tenant's id.
            arguments: by Python name.
            at_least: a version the answer must take into account.
            max_age_s: take an answer of a version that was the newest that long ago, where there
                is one; a newer one is then computed behind.
            deadline: when to give up, in seconds of `time.perf_counter`.

        Raises:
            BadInput: an argument is wrong.
            TimedOut: the database does not show that version, or the deadline is near.
            StoreUnavailable: the database does not answer, and no snapshot is known.
        """
        given = _whole_arguments(analytic, arguments)
        question = _question(tenant, analytic, None, given)

        async def newest(max_age_s: float, deadline: float | None) -> Any:
            view = await self._snapshots.view(tenant, at_least, max_age_s)
            (answer,) = await self._all(
                view, [question], lambda _: [analytic.run(view.network, given)], deadline
            )
            return answer

        old = self._old(question, at_least, max_age_s)
        if old is None:
            return await newest(max_age_s, deadline)
        if question not in self._behind:
            self._do_behind(question, newest(0.0, None))
        return old

    async def each(
        self,
        analytic: Analytic,
        tenant: str,
        anchors: Sequence[NodeRef],
        arguments: Mapping[str, Any],
        at_least: int = 0,
        *,
        max_age_s: float = 0.0,
        deadline: float | None = None,
    ) -> list[Any]:
        """The answers about records of one kind, one for each, in order; None: not there.

        Args:
            analytic: what to ask, of records of some kind.
            tenant: the tenant's id.
            anchors: the records.
            arguments: by Python name.
            at_least: a version the answers must take into account.
            max_age_s: take a version that was the newest that long ago.
            deadline: when to give up, in seconds of `time.perf_counter`.

        Raises:
            BadInput: an argument is wrong.
            TimedOut: the database does not show that version, or the deadline is near.
            StoreUnavailable: the database does not answer, and no snapshot is known.
        """
        given = _whole_arguments(analytic, arguments)
        view = await self._snapshots.view(tenant, at_least, max_age_s)
        asked = {_question(tenant, analytic, anchor, given): anchor for anchor in anchors}
        found = await self._all(
            view,
            list(asked),
            lambda keys: analytic.run_each(view.network, [asked[key] for key in keys], given),
            deadline,
        )
        answers = dict(zip(asked.values(), found, strict=True))
        return [answers[anchor] for anchor in anchors]

    # -- older answers

    def _old(self, question: Question, at_least: int, max_age_s: float) -> Any:
        """The last answer to the question, if it is young enough."""
        last = self._last.get(question)
        if last is None or last.key.version < at_least:
            return None
        age_s, kept = time.monotonic() - last.seen, self._answers.get(last.key)
        if kept is None or not 0 < max_age_s >= age_s:
            return None
        return _aged(kept.answer, age_s)

    def _do_behind(self, question: Question, work: Coroutine[Any, Any, Any]) -> None:
        def ended(task: asyncio.Task[Any]) -> None:
            del self._behind[question]
            _seen(task)

        task = self._behind[question] = asyncio.create_task(work)
        task.add_done_callback(ended)

    # -- computing

    async def _all(
        self, view: View, questions: list[Question], compute: Compute, deadline: float | None
    ) -> list[Any]:
        """The kept answers, and those of one computation for what nobody asked for yet."""
        seen = time.monotonic() - view.age_s
        keys = [Key(view.network.version, question) for question in questions]
        found = {key: self._answers[key] for key in keys if key in self._answers}
        missing = [key for key in keys if key not in found]
        if missing:
            found.update(await self._computed(missing, compute, deadline))
        for key in keys:
            self._last[key.question] = _Last(key, seen)
        return [_aged(found[key].answer, view.age_s) for key in keys]

    async def _computed(
        self, keys: list[Key], compute: Compute, deadline: float | None
    ) -> Mapping[Key, _Kept]:
        """The answers of computations: those that run already, and one for the rest.

        Raises:
            TimedOut: our own computation took too long; that of another is done again.
        """
        running = {key: self._running.get(key) for key in keys}
        new = [key for key, flight in running.items() if flight is None or flight.cancel.is_set()]
        own = self._start(new, compute, deadline) if new else None
        flights = {self._running[key] for key in keys}
        for flight in flights:
            flight.waiting += 1
        found: dict[Key, _Kept] = {}
        try:
            for flight in flights:
                try:
                    found.update(await asyncio.shield(flight.task))
                except TimedOut:
                    if flight is own:
                        raise
        finally:
            for flight in flights:
                flight.leave()
        missing = [key for key in keys if key not in found]
        if missing:
            found.update(await self._computed(missing, compute, deadline))
        return found

    def _start(self, keys: list[Key], compute: Compute, deadline: float | None) -> _Flight:
        flight = _Flight()
        flight.task = asyncio.create_task(self._compute(keys, compute, deadline, flight))
        flight.task.add_done_callback(_seen)
        self._running.update(dict.fromkeys(keys, flight))
        return flight

    async def _compute(
        self, keys: list[Key], compute: Compute, deadline: float | None, flight: _Flight
    ) -> Mapping[Key, _Kept]:
        def answers() -> list[_Kept]:
            found = compute([key.question for key in keys])
            return [_Kept(answer, _weight(answer)) for answer in found]

        seconds = self._patience_s
        if deadline is not None:
            seconds = max(0.0, deadline - time.perf_counter()) * SHARE
        try:
            with allowing(Budget(seconds, flight.cancel)):
                made = dict(zip(keys, await asyncio.to_thread(answers), strict=True))
            for key, kept in made.items():
                if kept.size <= self._answers.maxsize:
                    self._answers[key] = kept
            return made
        finally:
            for key in keys:
                if self._running.get(key) is flight:
                    del self._running[key]


def _seen(task: asyncio.Task[Any]) -> None:
    """Marks a failure as known: where nobody waits any more, nobody is to be told."""
    if not task.cancelled():
        task.exception()


def _whole_arguments(analytic: Analytic, arguments: Mapping[str, Any]) -> dict[str, Any]:
    defaults = {p.name: p.default for p in analytic.parameters if not p.required}
    return defaults | analytic.validate(arguments)


def _question(
    tenant: str, analytic: Analytic, anchor: NodeRef | None, arguments: Mapping[str, Any]
) -> Question:
    return (tenant, analytic.name, anchor, *sorted(arguments.items()))


def _aged(answer: AnswerT, age_s: float) -> AnswerT:
    """The answer, saying how old it is."""
    if age_s and isinstance(answer, Answer):
        return dataclasses.replace(answer, age=age_s)
    return answer


def _weight(value: Any) -> int:
    """Memory of an answer in bytes, roughly: what several of its parts share counts each time."""
    size = sys.getsizeof(value)
    if dataclasses.is_dataclass(value):
        return size + _weights(getattr(value, f.name) for f in dataclasses.fields(value))
    return size + _weights(value) if isinstance(value, tuple | list) else size


def _weights(values: Iterable[Any]) -> int:
    return sum(map(_weight, values))
