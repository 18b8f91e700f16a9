"""The one bound on memory: what was not asked for the longest goes first, or nearly."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable, MutableMapping
from typing import Any

from graph.query import Page

ENTRY_BYTES = 400
"""Memory of an entry itself and its places in dicts (tracemalloc: 350 to 420)."""

TAG_BYTES = 330
"""Memory of one of its tags: a set, and its place in a dict (tracemalloc: 310 to 330)."""

MADE_BYTES = 200
"""Memory of something made of a page beside its own bytes: an object, and its place in a dict
(tracemalloc: 276 for the first of a page, 56 for each further)."""

MOST_MADE = 4
"""Most that is kept of what was made of one page: there are as many places as documents."""

EQUALS = 64
"""What was asked for while a 64th of the memory was filled anew was asked for equally late."""

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
        turn: when it was last asked for, by `Kept.turn`.
        made: what was made of it, where it is a page.
    """

    __slots__ = ("bytes", "key", "made", "shelf", "table", "tags", "turn", "value")

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
        self.turn = 0
        self.made: MadeOfPage | None = None


_NOTHING: dict[int, Any] = {}
"""Never written to: an empty dict of its own would take as much as the rest of what follows."""


class MadeOfPage:
    """What was made of a page that is kept; see `graph.query.Made`. It goes when the page goes.

    Attributes:
        by: what was made, by place.
        bytes: its memory, roughly.
    """

    __slots__ = ("_kept", "by", "bytes")

    def __init__(self, kept: Kept) -> None:
        self.by = _NOTHING
        self.bytes = 0
        self._kept: Kept | None = kept

    def keep(self, place: int, made: Any, size: int) -> None:
        """Keeps what was made for a place; nothing, if the page is kept no more."""
        kept = self._kept
        if kept is None:
            return
        if len(self.by) >= MOST_MADE:
            kept.grow(-self.bytes)
            self.by, self.bytes = _NOTHING, 0
        if self.by is _NOTHING:
            self.by = {}
        self.by[place] = made
        self.bytes += size + MADE_BYTES
        kept.grow(size + MADE_BYTES)

    def end(self) -> int:
        """Lets all go, for good; its bytes."""
        freed, self.by, self.bytes, self._kept = self.bytes, _NOTHING, 0, None
        return freed


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
        turn: grows as memory is filled: what was asked for in the same turn is equally late.
        hits, misses: answers that were and were not there, since the start.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.bytes = 0
        self.hits = 0
        self.misses = 0
        self.turn = 0
        self._filled = 0
        self._step = limit // EQUALS + 1
        self._order: OrderedDict[Entry, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._order)

    def used(self, entry: Entry) -> None:
        """Takes note that an entry was asked for; whose `turn` is this one need not be told."""
        entry.turn = self.turn
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
        if isinstance(entry.value, Page):
            entry.made = MadeOfPage(self)
            object.__setattr__(entry.value, "made", entry.made)
        self._order[entry] = None
        self._filled += entry.bytes
        self.turn = entry.turn = self._filled // self._step
        self.grow(entry.bytes)

    def grow(self, size: int) -> None:
        """Takes note of more bytes, and lets others go for them."""
        self.bytes += size
        while self.bytes > self.limit:
            self.drop(next(iter(self._order)))

    def drop(self, entry: Entry) -> None:
        """Lets an entry go."""
        del self._order[entry]
        self.bytes -= entry.bytes + (entry.made.end() if entry.made is not None else 0)
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
