"""Numbered changes of a store's own tables, made once each, forwards only.

Fields added to records need none: a store adds what is missing from the records themselves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graph.errors import StoreUnavailable, shown


@dataclass(frozen=True, slots=True)
class Migration:
    """One step from a store's shape to the next.

    Attributes:
        number: 1, 2, 3 ... without gaps.
        name: what it does, in a few words.
        statements: in the store's own language, run in order and in one transaction where the
            store can.
    """

    number: int
    name: str
    statements: tuple[str, ...]

    @property
    def checksum(self) -> str:
        """A digest of the statements: a migration that has run may never be edited."""
        return hashlib.sha256(repr(self.statements).encode()).hexdigest()


def pending(
    known: Sequence[Migration], applied: Mapping[int, str], where: str
) -> tuple[Migration, ...]:
    """The migrations still to run, in order. The caller holds the store's lock.

    Args:
        known: all migrations of this version of renmai, by number from 1 without gaps.
        applied: checksum of each that has run, by number.
        where: the store, as messages name it.

    Raises:
        StoreUnavailable: the store was written by a newer version of renmai, or a migration
            that has run there was another one of the same number.
    """
    newer = max(applied, default=0)
    if newer > len(known):
        raise StoreUnavailable(
            f"{where} was written by a newer version of renmai (its form is {newer}, this "
            f"version knows up to {len(known)}); upgrade renmai, or open another store"
        )
    for migration in known:
        if migration.number in applied and applied[migration.number] != migration.checksum:
            raise StoreUnavailable(
                f"{where} has run another migration {migration.number} than "
                f"{shown(migration.name)} of this version of renmai; use the version that "
                "wrote it, or import its export into a new store"
            )
    return tuple(m for m in known if m.number not in applied)
