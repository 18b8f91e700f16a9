"""TradeMaximizer's file format: items, their owners, and what each item may be given for.

A line `(user) item : wanted wanted ...` says that the user gives the item for any of those. Items
that begin with `%` are dummies: a name for several items, private to its user. `#!` begins
options, `#` comments; between `!BEGIN-OFFICIAL-NAMES` and `!END-OFFICIAL-NAMES` items have names.

References: TradeMaximizer, https://github.com/chrisokasaki/TradeMaximizer
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

from graph.importing.reading import RowError, Table

_OFFICIAL = re.compile(r"(\S+)\s+==>\s+(?:\d+\.\s+)?(.*)")
_NAMED = re.compile(r'"(.*)"\s+\(from (.*)\)\s*(?:\[.*\])?')
_LIST = re.compile(r"(?:\((?P<user>[^)]*)\)\s*)?(?P<item>[^\s:]+)\s*(?P<colon>:)?\s*(?P<wants>.*)")
_BIG_STEP = 9
_NOTHING = "missing-official"  # what online want lists write for an item that was taken out


@dataclass(slots=True)
class Item:
    """A thing somebody would give, or that somebody wants.

    Attributes:
        code: as the file writes it.
        name: its official name, or the code.
        line: where it is first met.
        owner: user who has it, where the file tells.
    """

    code: str
    name: str
    line: int
    owner: str | None = None


@dataclass(slots=True)
class WantList:
    """What a user takes for one item.

    Attributes:
        user: the owner; None in a file without user names.
        item: code of the item, or name of the dummy.
        wants: codes of items and names of dummies with their ranks, 1 = wanted most.
        line: its line.
    """

    user: str | None
    item: str
    wants: list[tuple[str, int]]
    line: int


@dataclass(slots=True)
class WantFile:
    """A whole file.

    Attributes:
        items: by folded code (upper case unless the file says CASE-SENSITIVE).
        lists: the want lists of items, dummies replaced by what they stand for.
        wrong: lines that are none of the above, with the reason.
    """

    items: dict[str, Item] = field(default_factory=dict)
    lists: list[WantList] = field(default_factory=list)
    wrong: list[tuple[int, str]] = field(default_factory=list)


def read_wants(table: Table) -> WantFile:
    """Reads a file whose rows have one cell, the line."""
    return _Reader().read(table)


class _Reader:
    def __init__(self) -> None:
        self._file = WantFile()
        self._options: set[str] = set()
        self._dummies: dict[tuple[str, str], list[tuple[str, int]]] = {}
        self._naming = False
        self._seen: set[str] = set()

    def read(self, table: Table) -> WantFile:
        for row in table.rows():
            if isinstance(row.cells, RowError):
                self._file.wrong.append((row.line, str(row.cells)))
            else:
                self._line(row.cells[0].strip(), row.line)
        for wants in self._file.lists:
            wants.wants = self._expanded(wants)
            for code, _ in wants.wants:
                self._item(code, wants.line)
        return self._file

    def _line(self, text: str, line: int) -> None:
        if text.startswith("#!"):
            self._options.update(text[2:].upper().split())
        elif text.startswith("!"):
            self._naming = text.upper().startswith("!BEGIN")
        elif text and not text.startswith("#"):
            (self._official if self._naming else self._list)(text, line)

    def _fold(self, code: str) -> str:
        return code if "CASE-SENSITIVE" in self._options else code.upper()

    def _item(self, code: str, line: int) -> Item:
        return self._file.items.setdefault(self._fold(code), Item(code, code, line))

    def _official(self, text: str, line: int) -> None:
        found = _OFFICIAL.fullmatch(text)
        if not found:
            self._wrong(line, text, 'write an official name as: code ==> "name" (from user)')
            return
        item = self._item(found[1], line)
        named = _NAMED.fullmatch(found[2])
        item.name = html.unescape(named[1] if named else found[2])
        item.owner = named[2].strip() if named else None

    def _list(self, text: str, line: int) -> None:
        found = _LIST.fullmatch(text)
        if not found:
            self._wrong(line, text, "write a want list as: (user) item : wanted wanted")
            return
        user, item = found["user"], found["item"]
        if "REQUIRE-COLONS" in self._options and not found["colon"]:
            self._wrong(line, text, "the file requires a colon after the item; add it")
        elif "REQUIRE-USERNAMES" in self._options and not user:
            self._wrong(line, text, "the file requires (user) before the item; add it")
        elif item.startswith("%"):
            self._dummies[user or "", self._fold(item)] = _ranked(found["wants"])
        elif self._fold(item) in self._seen:
            self._wrong(line, text, "the item has a want list already; keep one")
        else:
            self._seen.add(self._fold(item))
            self._item(item, line).owner = user
            self._file.lists.append(WantList(user, item, _ranked(found["wants"]), line))

    def _wrong(self, line: int, text: str, remedy: str) -> None:
        self._file.wrong.append((line, f"{text[:40]!r}: {remedy}"))

    def _expanded(self, wants: WantList) -> list[tuple[str, int]]:
        """Items only, each once with its best rank; a dummy's items have the dummy's rank."""
        best: dict[str, tuple[str, int]] = {}
        expanded: set[str] = set()
        waiting = wants.wants[::-1]
        while waiting:
            code, rank = waiting.pop()
            folded = self._fold(code)
            if not code.startswith("%"):
                if folded != self._fold(wants.item):
                    best.setdefault(folded, (code, rank))
            elif folded not in expanded:
                expanded.add(folded)
                inside = self._dummies.get((wants.user or "", folded), [])
                waiting += [(inner, rank) for inner, _ in reversed(inside)]
        return list(best.values())


def _ranked(text: str) -> list[tuple[str, int]]:
    """Codes with their ranks; a semicolon makes a big step."""
    ranked, rank = [], 1
    for token in text.replace(";", " ; ").split():
        if token == ";":
            rank += _BIG_STEP
        elif token != _NOTHING:
            ranked.append((token, rank))
            rank += 1
    return ranked
