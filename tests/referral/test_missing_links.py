from __future__ import annotations

import pytest

from graph.errors import BadInput
from referral.missing_links import MissingLinkRow, missing_links
from referral.registry import run
from tests.referral.networks import contact, numbers, trades


def told(row: MissingLinkRow) -> tuple[str, int, str, int, int]:
    return (row.kind, numbers([row.party])[0], row.good.key, row.opens, row.value_minor)


def test_by_hand_an_open_path_is_closed_from_either_end() -> None:
    """0 gives 1 what it needs, 1 gives 2; 0 also needs good 3, and 2 offers good 2."""
    asked = trades(
        offers=[(0, 0, 50), (1, 1, 30), (2, 2, 5)], needs=[(1, 0, 0), (2, 1, 0), (0, 3, 0)]
    )

    found = missing_links(asked)

    assert [told(row) for row in found.items] == [
        ("NEED", 0, "g2", 1, 80),
        ("OFFER", 2, "g3", 1, 80),
        ("NEED", 0, "g1", 1, 50),
        ("OFFER", 1, "g3", 1, 50),
        ("NEED", 1, "g2", 1, 30),
        ("OFFER", 2, "g0", 1, 30),
    ]
    assert found.total == 6
    first = found.items[0]
    assert (first.rank, first.score, first.best_value_minor) == (1, 80.0, 80)
    assert [p.party for p in first.best] == [contact(0), contact(1), contact(2)]


def test_swaps_alone_may_be_asked_for() -> None:
    asked = trades(offers=[(0, 0, 50), (1, 1, 30)], needs=[(1, 0, 0), (2, 1, 0), (0, 3, 0)])

    assert missing_links(asked, max_parties=2).total == 3
    assert (
        missing_links(asked, max_parties=2, first=1).items
        == (missing_links(asked, max_parties=2).items[:1])
    )


def test_a_circle_that_is_there_lacks_nothing() -> None:
    asked = trades(offers=[(0, 0, 1), (1, 1, 1)], needs=[(1, 0, 0), (0, 1, 0)])

    assert missing_links(asked).items == ()


@pytest.mark.parametrize("parties", [0, 1, 4, 99])
def test_other_lengths_are_refused(parties: int) -> None:
    with pytest.raises(BadInput, match="max_parties"):
        run("missing_links", trades([], []), {"max_parties": parties})
