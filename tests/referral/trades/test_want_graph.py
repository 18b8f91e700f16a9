from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from graph.errors import BadInput
from referral.trades.want_graph import want_graph


def test_arcs_stand_by_giver_receiver_and_falling_worth() -> None:
    graph = want_graph(3, [1, 0, 0], [0, 1, 1], good=[0, 1, 2], value=[5, 1, 2], units=[1, 3, 1])

    assert graph.giver.tolist() == [0, 0, 1]
    assert graph.good.tolist() == [1, 2, 0]
    assert graph.worth().tolist() == [3, 2, 5]
    assert graph.worth(np.array([2])).tolist() == [5]
    assert (len(graph), graph.arcs, graph.labels) == (3, 3, ("0", "1", "2"))


def test_a_row_has_as_many_units_as_any_of_its_arcs_moves() -> None:
    graph = want_graph(3, [0, 0], [1, 2], units=[2, 5], offer=[0, 0])

    assert graph.offer_units.tolist() == [5]
    assert graph.need_units.tolist() == [2, 5]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"receiver": [1]}, "2 givers but 1 receivers; give pairs"),
        ({"receiver": [1, 2]}, "arc 1 leads from 1 to 2; the parties are 0 to 1"),
        ({"receiver": [1, 1]}, "arc 1 leads from 1 to itself"),
        ({"value": [1, -5]}, "value -5 is negative"),
        ({"value": [2**60, 1]}, "can be added exactly; give them in a larger unit"),
        ({"units": [1, 0]}, "0 units of a good"),
        ({"value": [1]}, "1 values for 2 places"),
        ({"probability": [1, 0]}, "a probability of 0"),
        ({"probability": [1, 1.5]}, "1.5 is not a probability; give 0 to 1"),
        ({"trust": [float("nan"), 1]}, "nan is not a trust"),
        ({"trust": [1]}, "1 values for 2 places"),
        ({"cost": [0, -1]}, "priority -1 is negative"),
        ({"offer": [0, 3], "offer_units": [1]}, "stock of 1 rows, but row 3 is drawn on"),
    ],
)
def test_wrong_numbers_are_refused_with_the_remedy(change: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        want_graph(2, [0, 1], **{"receiver": [1, 0], **change})
