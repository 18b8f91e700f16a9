"""Small networks for tests of analytics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from graph.model import NodeRef
from graph.model.words import ReferralStatus
from graph.network import EdgeArrays, Network, network_from_arrays
from graph.network.assemble import PurchaseArrays
from graph.network.values import code

MADE = datetime(2026, 5, 1, 12, tzinfo=UTC)

Pair = tuple[int, int]


def contacts(size: int) -> list[str]:
    """Keys whose order is that of their numbers."""
    return [f"c{i:05}" for i in range(size)]


def contact(number: int) -> NodeRef:
    return NodeRef("Contact", f"c{number:05}")


def numbers(refs: Iterable[NodeRef]) -> list[int]:
    """The numbers of contacts."""
    return [int(ref.key[1:]) for ref in refs]


def edges(pairs: Sequence[Pair], **columns: Any) -> EdgeArrays:
    return EdgeArrays([a for a, _ in pairs], [b for _, b in pairs], columns=columns)


def statuses(*names: ReferralStatus) -> list[int]:
    return [code(name) for name in names]


def network(size: int, **kinds: Sequence[Pair]) -> Network:
    """Contacts 0 ... size - 1 and plain edges between them, by name of the edge record."""
    return network_from_arrays(
        {"Contact": contacts(size)},
        {kind: edges(pairs) for kind, pairs in kinds.items()},
        version=7,
        computed_at=MADE,
    )


def trades(
    offers: Sequence[tuple[int, int, int]], needs: Sequence[tuple[int, int, int]]
) -> Network:
    """Five contacts and five goods; offers and needs are (contact, good, value in minor units)."""
    return network_from_arrays(
        {"Contact": contacts(5), "Good": [f"g{i}" for i in range(5)]},
        {kind: _wishes(rows) for kind, rows in (("Offer", offers), ("Need", needs))},
        version=7,
        computed_at=MADE,
    )


def _wishes(rows: Sequence[tuple[int, int, int]]) -> EdgeArrays:
    return edges([(a, 5 + good) for a, good, _ in rows], value_minor=[v for _, _, v in rows])


def everything(order: Sequence[int] | None = None) -> Network:
    """Something of every kind; `order` is the order in which nodes and edges were written."""
    kinds = {"Customer": contacts(6), "Contact": contacts(6), "Good": contacts(3)}
    return shuffled(
        kinds,
        {
            "Referral": [(0, 1), (1, 2), (2, 0), (6, 3), (3, 4), (6, 7), (6, 7)],
            "Tie": [(6, 7), (7, 8), (8, 9), (6, 9)],
            "DealRole": [(6, 0), (7, 1)],
            "Offer": [(0, 12), (1, 13), (2, 14), (3, 12), (4, 13)],
            "Need": [(1, 12), (2, 13), (0, 14), (4, 12), (3, 13)],
        },
        order or range(6),
    )


def shuffled(
    kinds: Mapping[str, Sequence[str]], pairs: Mapping[str, Sequence[Pair]], order: Sequence[int]
) -> Network:
    """The same nodes and edges, written in another order."""
    turn = sorted(range(len(order)), key=order.__getitem__)
    placed: list[int] = []
    given, begin = {}, 0
    for kind, keys in kinds.items():
        mix = sorted(range(len(keys)), key=lambda i: (turn[i % len(turn)], i))
        given[kind] = [keys[i] for i in mix]
        place = {old: begin + new for new, old in enumerate(mix)}
        placed += [place[i] for i in range(len(keys))]
        begin += len(keys)
    arrays = {}
    for kind, rows in pairs.items():
        mix = sorted(range(len(rows)), key=lambda i: (turn[i % len(turn)], i))
        arrays[kind] = EdgeArrays(
            [placed[rows[i][0]] for i in mix],
            [placed[rows[i][1]] for i in mix],
            keys=[f"{kind}{i}" for i in mix],
        )
    bought = PurchaseArrays(customer=[placed[1], placed[3]], amount_minor=[100, 250])
    return network_from_arrays(given, arrays, purchases=bought, version=3, computed_at=MADE)


@st.composite
def digraphs(draw: st.DrawFn, most: int = 14) -> tuple[int, list[Pair]]:
    """A number of nodes, and directed edges, loops and parallel ones among them."""
    size = draw(st.integers(1, most))
    ends = st.integers(0, size - 1)
    return size, draw(st.lists(st.tuples(ends, ends), max_size=4 * size))


def bitcoin_otc(folder: Path) -> Network:
    """Who rated whom, as referrals: 5,881 contacts, 35,592 edges."""
    rows = np.loadtxt(
        folder / "bitcoin-otc" / "edges.csv", delimiter=",", usecols=(0, 1), dtype=np.int64
    )
    people, ends = np.unique(rows, return_inverse=True)
    ends = ends.reshape(rows.shape)
    return network_from_arrays(
        {"Contact": [str(p) for p in people.tolist()]},
        {"Referral": EdgeArrays(ends[:, 0], ends[:, 1])},
    )
