"""Undoing what was committed while a scan ran, so that the scan shows one version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graph.model import NodeRef
from graph.store import Action, LogEntry

Columns = dict[str, list[Any]]
"""Some columns of the records of one kind, in storage form, all of one length."""


def rewind(tables: Mapping[str, Columns], entries: Sequence[LogEntry]) -> None:
    """Brings scanned records back to what they were before the first of these commits.

    Args:
        tables: by name of the record, what the scan gave; changed in place.
        entries: every commit after the version wanted, oldest first, up to the scan's end or on.

    The oldest commit that touched a field kept the value it had, whatever the scan has seen of
    the later ones. A created record was not there; a deleted one stands whole in the log.
    """
    touched = _former_states(entries)
    for kind, table in tables.items():
        own = {ref.key: state for ref, state in touched.items() if ref.kind == kind}
        if own:
            _restore(table, own)


class _State:
    """What a record was: whether it was there, and those of its fields that changed since."""

    __slots__ = ("fields", "settled", "there", "whole")

    def __init__(self) -> None:
        self.there = True
        self.whole = False  # all fields are known
        self.settled = False  # it was created or deleted: what came later is of another life
        self.fields: dict[str, Any] = {}


def _former_states(entries: Sequence[LogEntry]) -> dict[NodeRef, _State]:
    touched: dict[NodeRef, _State] = {}
    for entry in entries:
        for change in entry.changes:
            state = touched.setdefault(change.ref, _State())
            if state.settled:
                continue
            state.fields = {**change.before, **state.fields}
            state.settled = change.action is not Action.UPDATED
            state.there = change.action is not Action.CREATED
            state.whole = change.action is Action.DELETED
    return touched


def _restore(table: Columns, states: Mapping[str, _State]) -> None:
    """Drops rows of records that were not there or are known whole, mends the others."""
    keys = table["key"]
    gone = {key for key, state in states.items() if not state.there or state.whole}
    kept = [i for i, key in enumerate(keys) if key not in gone]
    if len(kept) < len(keys):
        for name, values in table.items():
            table[name] = [values[i] for i in kept]
    for i, key in enumerate(table["key"]):
        if key in states:
            for name in states[key].fields.keys() & table.keys():
                table[name][i] = states[key].fields[name]
    for state in states.values():
        if state.whole:
            for name, values in table.items():
                values.append(state.fields[name])
