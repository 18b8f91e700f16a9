"""What a request brings along: whose graph it reads and who asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

from strawberry.dataloader import DataLoader

from graph.errors import Unconfirmed
from graph.feed import Feed
from graph.model.fields import DEFAULT_REGION
from graph.store import Change, Receipt, TenantGraph
from schema.computing import Analytics


@dataclass(slots=True)
class Context:
    """One request's context; never shared between requests.

    Attributes:
        graph: the tenant's graph.
        actor: who asks; stands in the log beside what is written.
        region: country (ISO 3166) of phone numbers written without a country code.
        deadline: when to give up, in seconds of `time.perf_counter`; None = never.
        at_least: a version that the answer must take into account; the graph waits for it.
        feed: follows the tenant's commits; None where nobody may subscribe.
        analytics: computes what is asked about the network; None where nobody may ask.
        fragments: whether the answer is written as JSON and not read otherwise: parts of it are
            then JSON already (`orjson.Fragment`), where that is kept (`schema.execution.ready`).
        walks: whether levels of a query are read together (`schema.execution.ahead`).
        loaders: the batches being collected (`schema.loading`).
        writes: whether it is known that a mutation runs.
        written: versions that mutations of this request have committed.
        in_doubt: whether one of its commits may or may not have been made.
        turn: gives others on the loop their turn, before a batch that was collected is called.
    """

    graph: TenantGraph
    actor: str = "anonymous"
    region: str = DEFAULT_REGION
    deadline: float | None = None
    at_least: int = 0
    analytics: Analytics | None = None
    fragments: bool = False
    walks: bool = False
    feed: Feed | None = None
    loaders: dict[Hashable, DataLoader[Any, Any]] = field(default_factory=dict)
    writes: bool = False
    written: list[int] = field(default_factory=list)
    in_doubt: bool = False
    turn: Callable[[], Awaitable[None]] | None = None

    async def commit(self, changes: Sequence[Change], once: str | None) -> Receipt:
        """Commits in the name of who asks, and tells those who follow.

        Args:
            changes: all of them or none are made.
            once: the idempotency key.
        """
        try:
            receipt = await self.graph.commit(changes, actor=self.actor, idempotency_key=once)
        except Unconfirmed:
            self.in_doubt = True
            raise
        self.written.append(receipt.version)
        if self.feed is not None:
            self.feed.wake()
        return receipt
