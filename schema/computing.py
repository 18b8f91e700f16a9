"""Computes analytics for requests: off the event loop, once for all who ask the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cachetools import LRUCache

from graph.model import NodeRef
from graph.network import Network
from graph.snapshots import Snapshots
from referral.registry import Analytic

KEPT = 500
"""Most answers kept."""

Key = tuple[object, ...]
"""What an answer depends on: tenant, version, analytic, the record it is about, arguments."""

Compute = Callable[[list[Key]], Sequence[Any]]


class Analytics:
    """Answers analytics on the network snapshots, and keeps the answers last asked for.

    An answer belongs to one version of a graph, so it is never outdated: a later version has
    answers of its own. Those who ask for what is being computed wait for the same computation.
    A computation goes on when nobody waits for it any more: a thread cannot be stopped.
    """

    def __init__(self, snapshots: Snapshots, *, kept: int = KEPT) -> None:
        self._snapshots = snapshots
        self._answers: LRUCache[Key, Any] = LRUCache(kept)
        self._running: dict[Key, asyncio.Task[Mapping[Key, Any]]] = {}

    async def whole(
        self, analytic: Analytic, tenant: str, arguments: Mapping[str, Any], at_least: int = 0
    ) -> Any:
        """The answer about a tenant's whole network.

        Args:
            analytic: what to ask; not one of records of some kind.
            tenant: the tenant's id.
            arguments: by Python name.
            at_least: a version the answer must take into account.

        Raises:
            BadInput: an argument is wrong.
            TimedOut: the database does not show that version.
        """
        given, network = await self._start(analytic, tenant, arguments, at_least)
        key = _key(tenant, network, analytic, None, given)
        (answer,) = await self._all([key], lambda _: [analytic.run(network, given)])
        return answer

    async def each(
        self,
        analytic: Analytic,
        tenant: str,
        anchors: Sequence[NodeRef],
        arguments: Mapping[str, Any],
    ) -> list[Any]:
        """The answers about records of one kind, one for each, in order; None: not there.

        Raises:
            BadInput: an argument is wrong.
        """
        given, network = await self._start(analytic, tenant, arguments, 0)
        keys = {_key(tenant, network, analytic, anchor, given): anchor for anchor in anchors}
        found = await self._all(
            list(keys),
            lambda wanted: analytic.run_each(network, [keys[key] for key in wanted], given),
        )
        answers = dict(zip(keys.values(), found, strict=True))
        return [answers[anchor] for anchor in anchors]

    async def _start(
        self, analytic: Analytic, tenant: str, arguments: Mapping[str, Any], at_least: int
    ) -> tuple[dict[str, Any], Network]:
        defaults = {p.name: p.default for p in analytic.parameters if not p.required}
        given = defaults | analytic.validate(arguments)
        return given, await self._snapshots.network(tenant, at_least)

    async def _all(self, keys: list[Key], compute: Compute) -> list[Any]:
        """The kept answers, and those of one computation for the keys that nobody asked for yet."""
        found = {key: self._answers[key] for key in keys if key in self._answers}
        new = [key for key in keys if key not in found and key not in self._running]
        if new:
            task = asyncio.create_task(self._compute(new, compute))
            self._running.update(dict.fromkeys(new, task))
        for task in {self._running[key] for key in keys if key not in found}:
            found.update(await asyncio.shield(task))
        return [found[key] for key in keys]

    async def _compute(self, keys: list[Key], compute: Compute) -> Mapping[Key, Any]:
        try:
            answers = await asyncio.to_thread(compute, keys)
            made = dict(zip(keys, answers, strict=True))
            self._answers.update(made)
            return made
        finally:
            for key in keys:
                del self._running[key]


def _key(
    tenant: str,
    network: Network,
    analytic: Analytic,
    anchor: NodeRef | None,
    arguments: Mapping[str, Any],
) -> Key:
    return (tenant, network.version, analytic.name, anchor, *sorted(arguments.items()))
