"""TradeMaximizer files as records: users, items, and who offers and needs what.

`parties = "users"`: each user is a contact, offers each item it has a want list for, and needs
what those lists want. A circle of users is then an opportunity: each has something the next wants.
Whether a user gives this very item for that one is not told by it.

`parties = "lists"`: each want list is a customer that offers its one item and needs what the list
wants, and is the account of its user. Circles of customers are then exactly the trades that all
agreed to in advance.

In both, an item whose list is empty or missing is a good that nobody offers: its owner takes
nothing for it. The keys begin with the file's name, so that several trades lie side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from graph.errors import BadInput
from graph.importing.mapping import FileSpec, TradesSpec
from graph.importing.reading import Table, find_files
from graph.importing.section import Made, Refused, Section
from graph.importing.wantlists import Item, WantFile, WantList, read_wants
from graph.inputs import validate, validate_key
from graph.model import NodeRef
from graph.store import Upsert

_LINES = FileSpec(header="none", columns=("line",), delimiter="\x1f", quote="")
Records = Iterator[tuple[int, str, str, dict[str, Any]]]
"""Line, kind, key and values (ends among them) of records."""


def trade_sections(spec: TradesSpec, folder: Path) -> list[Section]:
    """The sections of every file: goods, parties, offers and needs."""
    found: list[Section] = []
    for path in find_files(folder, spec.name):
        trade = _Trade(Table(path, _LINES))
        goods = _Records("Good", trade, trade.goods, wrong=True)
        found.append(goods)
        found.append(_Records("Contact", trade, trade.users))
        if spec.parties == "lists":
            found.append(_Records("Customer", trade, trade.customers))
            found.append(_Records("Account", trade, trade.accounts))
        party = trade.user_of if spec.parties == "users" else trade.list_of
        found.append(_Records("Offer", trade, partial(trade.offers, party)))
        found.append(_Records("Need", trade, partial(trade.needs, party)))
    return found


class _Trade:
    """One file, read whole when first needed."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._id = table.path.stem
        self._read: WantFile | None = None

    @property
    def file(self) -> WantFile:
        if self._read is None:
            self._read = read_wants(self.table)
        return self._read

    def item(self, code: str) -> Item:
        items = self.file.items
        return items.get(code) or items[code.upper()]

    def good_of(self, code: str) -> NodeRef:
        return NodeRef("Good", f"{self._id}:{self.item(code).code}")

    def user_of(self, wants: WantList) -> NodeRef:
        """The user; in a file without user names each item has an owner of its own."""
        return NodeRef("Contact", f"{self._id}:{wants.user or f'owner of {wants.item}'}")

    def list_of(self, wants: WantList) -> NodeRef:
        return NodeRef("Customer", f"{self._id}:{self.item(wants.item).code}")

    def goods(self) -> Records:
        for item in self.file.items.values():
            yield item.line, "Good", f"{self._id}:{item.code}", {"name": item.name}

    def users(self) -> Records:
        users: dict[str, tuple[int, str]] = {}
        for wants in self.file.lists:
            name = wants.user or f"owner of {wants.item}"
            users.setdefault(name, (wants.line, self.user_of(wants).key))
        for item in self.file.items.values():
            if item.owner is not None:
                users.setdefault(item.owner, (item.line, f"{self._id}:{item.owner}"))
        for name, (line, key) in users.items():
            yield line, "Contact", key, {"name": name}

    def customers(self) -> Records:
        for wants in self.file.lists:
            name = f"{self.item(wants.item).name} ({wants.user or 'owner not named'})"
            values = {"name": name[:200], "kind": "PERSON"}
            yield wants.line, "Customer", self.list_of(wants).key, values

    def accounts(self) -> Records:
        for wants in self.file.lists:
            ends: dict[str, Any] = {
                "source": self.list_of(wants),
                "target": self.user_of(wants),
            }
            yield wants.line, "Account", self.list_of(wants).key, ends

    def offers(self, party_of: Callable[[WantList], NodeRef]) -> Records:
        for wants in self.file.lists:
            if wants.wants:
                good = self.good_of(wants.item)
                ends: dict[str, Any] = {"source": party_of(wants), "target": good}
                yield wants.line, "Offer", good.key, ends

    def needs(self, party_of: Callable[[WantList], NodeRef]) -> Records:
        """Each good once for each party, with its best rank as priority."""
        best: dict[tuple[NodeRef, NodeRef], tuple[int, int]] = {}
        own = {(party_of(w), self.good_of(w.item)) for w in self.file.lists}
        for wants in self.file.lists:
            for code, rank in wants.wants:
                pair = (party_of(wants), self.good_of(code))
                if pair not in own:
                    best[pair] = min(best.get(pair, (rank, wants.line)), (rank, wants.line))
        for (party, good), (rank, line) in best.items():
            key = f"{party.key} > {good.key.removeprefix(f'{self._id}:')}"
            yield line, "Need", key, {"source": party, "target": good, "priority": rank}


class _Records:
    """One kind of record of one file."""

    def __init__(
        self, kind: str, trade: _Trade, records: Callable[[], Records], *, wrong: bool = False
    ) -> None:
        self.kind = kind
        self.size = trade.table.size
        self._trade = trade
        self._records = records
        self._wrong = wrong

    def rows(self) -> Iterator[Made]:
        name = self._trade.table.name
        for line, reason in self._trade.file.wrong if self._wrong else ():
            yield Made(name, line, self.size, Refused(None, reason))
        for line, kind, key, values in self._records():
            yield Made(name, line, self.size, _upsert(kind, key, values))


def _upsert(kind: str, key: str, values: dict[str, Any]) -> Upsert | Refused:
    ends = {name: end for name, end in values.items() if isinstance(end, NodeRef)}
    plain = {name: value for name, value in values.items() if name not in ends}
    try:
        return Upsert(kind, validate_key(key), {**validate(kind, plain), **ends})
    except BadInput as error:
        return Refused(error.problems[0].field, error.problems[0].message)
