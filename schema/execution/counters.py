"""What became of the operations that were run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Counters:
    """Numbers since the start.

    Attributes:
        planned: operations run from a plan.
        generic: operations that graphql-core ran, by the reason.
        events: events of subscriptions, among them.
        generated: levels that a function was generated for.
        interpreted: small levels that were done step by step, on the first use of their plan.
        slow: levels that surprised their function, by their place in the schema and the reason.
    """

    planned: int = 0
    generic: Counter[str] = field(default_factory=Counter)
    events: int = 0
    generated: int = 0
    interpreted: int = 0
    slow: Counter[str] = field(default_factory=Counter)
