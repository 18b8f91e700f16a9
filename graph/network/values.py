"""Columns of records as arrays: which fields a snapshot keeps, and in what form.

Kept are an edge's own fields that are not text. Times are int64 microseconds since 1970, days
int32 days since 1970, money and whole numbers int64, enums int8 positions in the enum, shares
float32; what is null is NO_MOMENT, NO_DAY, NO_NUMBER, NO_CODE, NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph.model import FieldInfo, RecordInfo, Scalar

NO_MOMENT = np.iinfo(np.int64).min
NO_DAY = np.iinfo(np.int32).min
NO_NUMBER = -1
NO_CODE = -1

NODE_COLUMNS = ("region", "industry", "stage")
"""Fields of nodes that analytics filter by."""

_KEPT = (
    Scalar.DATETIME,
    Scalar.DATE,
    Scalar.MONEY,
    Scalar.INTEGER,
    Scalar.FLOAT,
    Scalar.ENUM,
)


def edge_fields(info: RecordInfo) -> tuple[FieldInfo, ...]:
    """The fields of an edge record that a snapshot keeps."""
    return tuple(
        f for f in info.fields.values() if f.scalar in _KEPT and not f.system and not f.many
    )


def array(field: FieldInfo, stored: Sequence[Any]) -> NDArray[Any]:
    """A column from its storage form."""
    match field.scalar:
        case Scalar.ENUM:
            assert field.enum is not None
            return codes(field.enum, stored)
        case Scalar.DATE:
            return _days(stored)
        case Scalar.FLOAT:
            return np.array([np.nan if v is None else v for v in stored], np.float32)
        case Scalar.DATETIME:
            return np.array([NO_MOMENT if v is None else v for v in stored], np.int64)
        case _:
            return np.array([NO_NUMBER if v is None else v for v in stored], np.int64)


def codes(enum: type[StrEnum], stored: Sequence[str | None]) -> NDArray[np.int8]:
    """Positions of the stored names in the enum."""
    places: dict[str | None, int] = {m.value: i for i, m in enumerate(enum)}
    places[None] = NO_CODE
    return np.fromiter(map(places.__getitem__, stored), np.int8, len(stored))


def code(member: StrEnum) -> int:
    """Position of a member in its enum: what a column of that enum holds."""
    return list(type(member)).index(member)


def days(day: date) -> int:
    """Whole days from 1970-01-01 to that day."""
    return day.toordinal() - date(1970, 1, 1).toordinal()


def _days(stored: Sequence[str | None]) -> NDArray[np.int32]:
    parsed = np.array([v or "NaT" for v in stored], "datetime64[D]").astype(np.int64)
    return np.where(parsed == NO_MOMENT, NO_DAY, parsed).astype(np.int32)


def vocabulary(stored: Sequence[str | None]) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Codes of texts, and the sorted texts they stand for."""
    words = tuple(sorted({v for v in stored if v is not None}))
    places: dict[str | None, int] = {word: i for i, word in enumerate(words)}
    places[None] = NO_CODE
    return np.fromiter(map(places.__getitem__, stored), np.int32, len(stored)), words
