"""Log entries and receipts as the JSON text a store keeps."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from graph.model import NodeRef
from graph.store import Action, LoggedChange, Outcome


def encode_changes(changes: Sequence[LoggedChange]) -> str:
    """A log entry's changes as JSON text."""
    return orjson.dumps(
        [
            [c.action.value, *c.ref, [*c.ends[0], *c.ends[1]] if c.ends else None, dict(c.before)]
            for c in changes
        ]
    ).decode()


def decode_changes(text: str) -> tuple[LoggedChange, ...]:
    """The changes that `encode_changes` wrote."""
    return tuple(
        LoggedChange(
            Action(action),
            NodeRef(kind, key),
            (NodeRef(*ends[:2]), NodeRef(*ends[2:])) if ends else None,
            before,
        )
        for action, kind, key, ends, before in orjson.loads(text)
    )


def encode_outcomes(outcomes: Sequence[Outcome]) -> str:
    """A receipt's outcomes as JSON text."""
    return orjson.dumps([[*o.ref, o.action.value, o.revision] for o in outcomes]).decode()


def decode_outcomes(text: str) -> tuple[Outcome, ...]:
    """The outcomes that `encode_outcomes` wrote."""
    return tuple(
        Outcome(NodeRef(kind, key), Action(action), revision)
        for kind, key, action, revision in orjson.loads(text)
    )
