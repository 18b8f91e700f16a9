"""The one bound on memory: what was not asked for the longest goes first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable, MutableMapping
from typing import Any

ENTRY_BYTES = 400
"""Memory of an entry itself and its places in dicts (tracemalloc: 350 to 420)."""

TAG_BYTES = 330
"""Memory of one of its tags: a set, and its place in a dict (tracemalloc: 310 to 330)."""

Table = dict[Hashable, "Entry"]
Tags = MutableMapping[Hashable, set["Entry"]]


class Entry:
    """An answer, where it stands, and what it depends on.

    Attributes:
        shelf: whose `tables` and `tags` it stands in.
        table: name of its table.
        key: its key there.
        value: the answer.
        tags: what it depends on.
        bytes: its memory, roughly.
    """

    __slots__ = ("bytes", "key", "shelf", "table", "tags", "value")

    def __init__(
        self,
        shelf: Tables,
        place: tuple[Hashable, Hashable],
        value: Any,
        tags: Iterable[Hashable],
        size: int,
    ) -> None:
        self.shelf = shelf
        self.table, self.key = place
        self.value = value
        self.tags = tuple(tags)
        self.bytes = size + ENTRY_BYTES + TAG_BYTES * len(self.tags)


class Tables:
    """The entries of one tenant.

    Attributes:
        tables: by name of the table and key.
        tags: the entries that depend on something.
    """

    def __init__(self) -> None:
        self.tables: dict[Hashable, Table] = {}
        self.tags: dict[Hashable, set[Entry]] = {}


class Kept:
    """All entries of all tenants.

    Args:
        limit: most bytes that they take together.

    Attributes:
        bytes: what they take.
        hits, misses: answers that were and were not there, since the start.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.bytes = 0
        self.hits = 0
        self.misses = 0
        self._order: OrderedDict[Entry, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._order)

    def used(self, entry: Entry) -> None:
        """Takes note that an entry was asked for."""
        self._order.move_to_end(entry)

    def put(self, entry: Entry) -> None:
        """Keeps an entry, in the place of an older one, and lets others go for it."""
        shelf = entry.shelf
        table = shelf.tables.setdefault(entry.table, {})
        older = table.get(entry.key)
        if older is not None:
            self.drop(older)
            table = shelf.tables.setdefault(entry.table, {})
        table[entry.key] = entry
        for tag in entry.tags:
            shelf.tags.setdefault(tag, set()).add(entry)
        self._order[entry] = None
        self.bytes += entry.bytes
        while self.bytes > self.limit:
            self.drop(next(iter(self._order)))

    def drop(self, entry: Entry) -> None:
        """Lets an entry go."""
        del self._order[entry]
        self.bytes -= entry.bytes
        shelf = entry.shelf
        table = shelf.tables[entry.table]
        del table[entry.key]
        if not table:
            del shelf.tables[entry.table]
        for tag in entry.tags:
            others = shelf.tags[tag]
            others.discard(entry)
            if not others:
                del shelf.tags[tag]

    def drop_tagged(self, shelf: Tables, tag: Hashable) -> None:
        """Lets go what depends on something."""
        for entry in list(shelf.tags.get(tag, ())):
            self.drop(entry)

    def drop_all(self, shelf: Tables) -> None:
        """Lets go all of a tenant."""
        for table in list(shelf.tables.values()):
            for entry in list(table.values()):
                self.drop(entry)
