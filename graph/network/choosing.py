"""Some of a kind's edges, as a mask: those of a time window, of some statuses or other kinds."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from graph.errors import BadInput, shown
from graph.model.codec import micros
from graph.network.edges import EdgeTable
from graph.network.values import NO_DAY, NO_MOMENT, code, days

Mask = NDArray[np.bool_]


def chosen(
    table: EdgeTable,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    loops: bool = True,
    **values: Collection[StrEnum],
) -> Mask:
    """Mask (m,) of the edges that are asked for; O(m), no edge is copied.

    Args:
        table: the edges of one kind.
        since, until: the window, `until` not in it. An edge with a moment (`at`) must lie in it;
            one that has first and last days (`since`, `until`) must hold on some moment of it,
            where a day that is not known sets no bound; one without either always does. An edge
            whose moment is not known lies in no window.
        loops: whether edges from a node to itself count.
        values: by name of an enum column, the members that count:
            `status=[ReferralStatus.CONVERTED]`.

    Raises:
        BadInput: the window ends before it begins, or has no time zone; or the kind has no such
            column.
    """
    for name, moment in (("since", since), ("until", until)):
        if moment is not None and moment.utcoffset() is None:
            raise BadInput(
                f"{name} is {moment.isoformat()}, without a time zone; give one, such as UTC"
            )
    if since is not None and until is not None and until <= since:
        raise BadInput(
            f"until is {until.isoformat()}, not after since, {since.isoformat()}; swap the two"
        )
    mask = np.ones(len(table), np.bool_) if loops else table.source != table.target
    for name, members in values.items():
        if name not in table.columns:
            known = ", ".join(table.columns) or "none"
            raise BadInput(f"a {table.kind} has no {shown(name)}; its columns are {known}")
        mask &= np.isin(table.columns[name], [code(member) for member in members])
    if since is not None or until is not None:
        mask &= _within(table, since, until)
    return mask


def _within(table: EdgeTable, since: datetime | None, until: datetime | None) -> Mask:
    if "at" in table.columns:
        at = table.columns["at"]
        mask: Mask = at != NO_MOMENT
        if since is not None:
            mask &= at >= micros(since)
        if until is not None:
            mask &= at < micros(until)
        return mask
    mask = np.ones(len(table), np.bool_)
    if since is not None and "until" in table.columns:
        last = table.columns["until"]
        mask &= (last == NO_DAY) | (last >= days(since.date()))
    if until is not None and "since" in table.columns:
        first = table.columns["since"]
        mask &= (first == NO_DAY) | (first * _DAY < micros(until))
    return mask


_DAY = np.int64(86_400_000_000)
"""Microseconds of a day."""
