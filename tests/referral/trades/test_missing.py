from __future__ import annotations

import numpy as np
import pytest

from graph.errors import BadInput
from referral.trades.missing import Kind, Wishes, missing_links
from referral.trades.want_graph import Ids, want_graph


def ids(*numbers: int) -> Ids:
    return np.array(numbers, np.int32)


def test_a_missing_link_closes_the_path_from_agency_to_cars() -> None:
    # the agency serves the software house, which serves the car maker; nobody wants cars yet
    graph = want_graph(
        ["agency", "cars", "software"], [0, 2], [2, 1],
        goods=["advertising", "software", "cars"], good=[0, 1], value=[500, 300],
    )  # fmt: skip
    wishes = Wishes(ids(0, 2, 1), ids(0, 1, 2), ids(2, 1), ids(0, 1))

    links = missing_links(graph, wishes)

    best = links[0]
    assert (best.kind, best.party, best.good) == (Kind.NEED, 0, 2)
    assert (best.opens, best.value, best.best, best.best_value) == (1, 800, (0, 2, 1), 800)
    pairs = missing_links(graph, wishes, max_parties=2)
    assert [(x.kind, x.party, x.good, x.value) for x in pairs] == [
        (Kind.NEED, 0, 1, 500),
        (Kind.OFFER, 1, 0, 300),
        (Kind.NEED, 2, 2, 300),
    ]
    assert missing_links(graph)[0].value == 500
    with pytest.raises(BadInput, match="max_parties 4: give 2 or 3"):
        missing_links(graph, max_parties=4)


def test_what_is_closed_already_is_no_missing_link() -> None:
    assert missing_links(want_graph(2, [0, 1], [1, 0], good=[0, 1])) == ()
    assert missing_links(want_graph(2, [], [])) == ()
