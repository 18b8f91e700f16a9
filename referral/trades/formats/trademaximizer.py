"""TradeMaximizer's want lists: items, their owners, and what each may be given for.

A line `(user) item : wanted wanted ...` says that the user gives the item for any one of those.
Items that begin with `%` are dummies: at most one item is given for one, and it stands for at most
one of its own list; each user's are private. `#!` begins options, `#` comments; `;` in a list is a
big step in rank; official names stand between `!BEGIN-OFFICIAL-NAMES` and `!END-OFFICIAL-NAMES`.

References: TradeMaximizer, https://github.com/chrisokasaki/TradeMaximizer
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from referral.trades.formats.text import Wrong, whole
from referral.trades.formats.tm_options import Options
from referral.trades.formats.want_file import WantFile
from referral.trades.want_graph import want_graph

_TOKEN = re.compile(r"\S+")
_WANTED = re.compile(r"[^\s;]+|;")
_OFFICIAL = re.compile(r"[^:\s]+")

Token = tuple[int, str]
"""Column, from 1, and text."""


@dataclass(slots=True)
class _List:
    """One want list: `node` gives for any of `wanted`."""

    line: int
    user: str
    node: str
    wanted: list[Token]


@dataclass(slots=True)
class _Arcs:
    giver: list[int] = field(default_factory=list)
    receiver: list[int] = field(default_factory=list)
    cost: list[int] = field(default_factory=list)


def read_trademaximizer(text: str, name: str = "wants") -> WantFile:
    """The want lists of a file as a graph of items.

    Unknown and repeated wants and second lists of an item are passed over with a warning, as
    TradeMaximizer does.

    Raises:
        Wrong: a line breaks the format; names line and column.
    """
    return _Reader(name).read(text)


class _Reader:
    def __init__(self, name: str) -> None:
        self._name = name
        self._options = Options()
        self._official: dict[str, int] | None = None
        self._naming = 0
        self._lists: dict[str, _List] = {}
        self._warnings: list[str] = []
        self._unknown: dict[str, tuple[str, list[int]]] = {}

    def read(self, text: str) -> WantFile:
        for number, line in enumerate(text.split("\n"), 1):
            self._line(number, line.rstrip("\r"))
        if self._naming:
            raise Wrong(
                self._name, self._naming, 1, "official names begin but do not end; the file is "
                "unfinished, or add !END-OFFICIAL-NAMES"
            )  # fmt: skip
        return self._file()

    def _wrong(self, line: int, column: int, message: str) -> Wrong:
        return Wrong(self._name, line, column, message)

    def _fold(self, text: str) -> str:
        return text if "CASE-SENSITIVE" in self._options.switches else text.upper()

    def _line(self, number: int, line: str) -> None:
        text = line.strip()
        begin = len(line) - len(line.lstrip())
        if text.startswith("#!"):
            self._take_options(number, line, begin + 2)
        elif not text or text.startswith("#"):
            return
        elif text.startswith("!"):
            self._mark(number, begin + 1, text.upper())
        elif self._naming:
            self._name_item(number, begin + 1, text)
        else:
            self._want_list(number, line, begin)

    def _take_options(self, number: int, line: str, begin: int) -> None:
        if self._lists or self._official is not None:
            raise self._wrong(number, 1, "options stand after names or want lists; move them up")
        for found in _TOKEN.finditer(line, begin):
            self._options.take(self._name, number, found.start() + 1, found[0])

    def _mark(self, number: int, column: int, text: str) -> None:
        if text == "!BEGIN-OFFICIAL-NAMES" and self._official is None and not self._lists:
            self._official, self._naming = {}, number
        elif text == "!END-OFFICIAL-NAMES" and self._naming:
            self._naming = 0
        else:
            raise self._wrong(
                number, column, f"{text[:40]!r} is not expected here; official names stand once, "
                "before the want lists, between !BEGIN-OFFICIAL-NAMES and !END-OFFICIAL-NAMES"
            )  # fmt: skip

    def _name_item(self, number: int, column: int, text: str) -> None:
        found = _OFFICIAL.match(text)
        if not found or found[0].startswith("%") or "#" in found[0]:
            raise self._wrong(number, column, f"{text[:40]!r} names no item; begin with its code")
        code = self._fold(found[0])
        assert self._official is not None
        if code in self._official:
            first = self._official[code]
            raise self._wrong(number, column, f"item {code} is named on line {first} already")
        self._official[code] = number

    def _want_list(self, number: int, line: str, begin: int) -> None:
        if (at := line.find("#")) >= 0:
            raise self._wrong(number, at + 1, "a comment must begin its line; move it")
        user, after = self._user(number, line, begin)
        item, at = self._item(number, line, after)
        wanted = [(found.start() + 1, found[0]) for found in _WANTED.finditer(line, at)]
        for column, token in wanted:
            if any(sign in token for sign in ":()"):
                raise self._wrong(
                    number, column, f"{token[:40]!r} can't stand in a want list; one list a line, "
                    "with one (user) in front and one colon"
                )  # fmt: skip
        node = self._node(number, line.index(item, after) + 1, user, item)
        if self._official is not None and not item.startswith("%") and node not in self._official:
            self._warn(number, f"item {item} is no official name; its list is passed over")
        elif node in self._lists:
            first = self._lists[node].line
            self._warn(number, f"item {item} has a list on line {first}; this one is passed over")
        else:
            self._lists[node] = _List(number, user, node, wanted)

    def _user(self, number: int, line: str, begin: int) -> tuple[str, int]:
        """The user's name, empty where there is none, and where the rest begins."""
        if line[begin] != "(":
            if "REQUIRE-USERNAMES" in self._options.switches:
                raise self._wrong(number, begin + 1, "the file requires (user) in front; add it")
            return "", begin
        end = line.find(")", begin)
        user = " ".join(line[begin + 1 : end].split()) if end >= 0 else ""
        if not user or "(" in user:
            raise self._wrong(number, begin + 1, "write the user's name as (name), then the item")
        return self._fold(user), end + 1

    def _item(self, number: int, line: str, begin: int) -> tuple[str, int]:
        """The item that is given, and where its wants begin."""
        colon = line.find(":", begin)
        if colon < 0 and "REQUIRE-COLONS" in self._options.switches:
            raise self._wrong(number, len(line) + 1, "the file requires a colon after the item")
        head = list(_TOKEN.finditer(line, begin, colon if colon >= 0 else len(line)))
        if not head or (colon >= 0 and len(head) > 1) or ";" in head[0][0]:
            raise self._wrong(
                number, begin + 1, "exactly one item stands before the colon; a user's name stands "
                "in parentheses"
            )  # fmt: skip
        return head[0][0], colon + 1 if colon >= 0 else head[0].end()

    def _node(self, number: int, column: int, user: str, item: str) -> str:
        """What an item is known by: its code; with a dummy's, its user."""
        if not item.startswith("%"):
            return self._fold(item)
        if "ALLOW-DUMMIES" not in self._options.switches:
            raise self._wrong(
                number, column, f"dummy {item} but no option ALLOW-DUMMIES; add `#! ALLOW-DUMMIES`"
            )  # fmt: skip
        if not user:
            raise self._wrong(number, column, f"dummy {item} needs its (user) in front; add it")
        return f"{self._fold(item)} ({user})"

    def _warn(self, line: int, message: str) -> None:
        self._warnings.append(f"line {line}: {message}")

    def _file(self) -> WantFile:
        if not self._lists:
            raise Wrong(
                self._name, 1, 1, "there is no want list; write one as (user) item : wanted"
            )
        places = {node: i for i, node in enumerate(self._lists)}
        arcs = _Arcs()
        for wants in self._lists.values():
            for giver, cost in self._wanted(wants, places):
                arcs.giver.append(giver)
                arcs.receiver.append(places[wants.node])
                arcs.cost.append(cost)
        users = {user: i for i, user in enumerate(sorted({w.user for w in self._lists.values()}))}
        named = len(users) > 1 or "" not in users
        graph = want_graph(
            tuple(places),
            arcs.giver,
            arcs.receiver,
            goods=tuple(places),
            good=arcs.giver,
            cost=arcs.cost,
            owner=[users[w.user] if named else -1 for w in self._lists.values()],
            owners=list(users) if named else (),
            dummy=[node.startswith("%") for node in places],
        )
        return WantFile(
            graph=graph,
            format="trademaximizer",
            iterations=self._options.numbers["ITERATIONS"],
            seed=self._options.numbers["SEED"],
            users_first=self._options.metric != "CHAIN-SIZES-SOS",
            priorities=self._options.priorities is not None,
            hide_nontrades="HIDE-NONTRADES" in self._options.switches,
            warnings=(*self._warnings, *self._unknown_items()),
        )

    def _unknown_items(self) -> Iterator[str]:
        """One warning for each item that is wanted and not there, however often."""
        for code, lines in self._unknown.values():
            often = f" ({len(lines):,} times, first here)" if len(lines) > 1 else ""
            yield f"line {lines[0]}: item {code} is not known{often}"

    def _wanted(self, wants: _List, places: dict[str, int]) -> Iterator[tuple[int, int]]:
        """What is wanted in a list, each once, with its cost."""
        rank = 1
        met: set[str] = set()
        small = self._options.numbers["SMALL-STEP"]
        dummy = wants.node.startswith("%")
        for column, token in wants.wanted:
            if token == ";":
                rank += self._options.numbers["BIG-STEP"]
                continue
            code, rank = self._explicit(wants, column, token, rank)
            node = self._node(wants.line, column, wants.user, code)
            wanted = self._lists.get(node)
            if wanted is None:
                if self._official is not None and node in self._official:
                    rank += small  # its owner sent no list, but it keeps its place
                else:
                    self._unknown.setdefault(node, (code, []))[1].append(wants.line)
            elif why := self._useless(wants, wanted, met):
                self._warn(wants.line, f"item {code} {why}")
            else:
                met.add(node)
                yield places[node], 0 if dummy else self._cost(rank)
                rank += small

    def _explicit(self, wants: _List, column: int, token: str, rank: int) -> tuple[str, int]:
        """The code, and the rank that `code=rank` gives, or else the one it has by its place."""
        code, equals, given = token.partition("=")
        if not equals:
            return code, rank
        if self._options.priorities != "EXPLICIT":
            raise self._wrong(
                wants.line, column, f"{token[:40]!r} gives a priority; that needs the option "
                "EXPLICIT-PRIORITIES"
            )  # fmt: skip
        return code, whole(self._name, wants.line, column + len(code) + 1, given, 1)

    def _useless(self, wants: _List, wanted: _List, met: set[str]) -> str:
        """Why a want can't be used; empty when it can."""
        if wanted.node == wants.node:
            return "stands in its own list"
        if wanted.node in met:
            return "is repeated"
        own = wants.user and wanted.user == wants.user and not wanted.node.startswith("%")
        return "is the user's own" if own else ""

    def _cost(self, rank: int) -> int:
        match self._options.priorities:
            case "TRIANGLE":
                return rank * (rank + 1) // 2
            case "SQUARE":
                return rank * rank
            case None:
                return 0
            case _:
                return rank
