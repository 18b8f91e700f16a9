"""What every analytic must keep, whichever it is."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from graph.errors import BadInput
from graph.model import NodeRef
from graph.network import Network, network_from_arrays
from referral.answers import Answer, Row, answer_fields
from referral.registry import Analytic, analytics
from tests.referral.networks import everything, network

NAMES = sorted(analytics())
HEURISTIC = {"communities"}
"""Those whose answer has no bound: how near it is to the best is not known."""


@pytest.fixture(params=NAMES)
def analytic(request: pytest.FixtureRequest) -> Analytic:
    return analytics()[request.param]


def ask(analytic: Analytic, asked: Network) -> list[Any]:
    """Answers with default arguments: of the whole, or of two records."""
    arguments = {
        p.name: () if p.many else next(iter(p.type)) if hasattr(p.type, "__members__") else "c00000"
        for p in analytic.parameters
        if p.required
    }
    if analytic.of is None:
        return [analytic.run(asked, arguments)]
    anchors = [NodeRef(analytic.of, "c00000"), NodeRef(analytic.of, "nobody")]
    return analytic.run_each(asked, anchors, arguments)


def arrays(value: Any) -> Iterator[np.ndarray[Any, Any]]:
    """Every array below a value, but for what is only kept beside it."""
    if isinstance(value, np.ndarray):
        yield value
    elif dataclasses.is_dataclass(value):
        for f in dataclasses.fields(value):
            if f.name != "derived":
                yield from arrays(getattr(value, f.name))
    elif isinstance(value, dict | tuple) or hasattr(value, "items"):
        for item in value.values() if hasattr(value, "values") else value:
            yield from arrays(item)


def test_answers_an_empty_network(analytic: Analytic) -> None:
    answers = ask(analytic, network_from_arrays({}))

    assert all(getattr(a, "items", ()) == () for a in answers)


def test_answers_a_single_node(analytic: Analytic) -> None:
    (answer, *_) = ask(analytic, network(1))

    assert answer is None or answer.version == 7


def test_says_version_time_and_method(analytic: Analytic) -> None:
    answer: Answer = ask(analytic, everything())[0]

    assert answer.version == 3
    assert answer.computed_at == everything().computed_at
    assert answer.method
    exact = answer.error_bound is None and analytic.name not in HEURISTIC
    assert answer.exact is exact


def test_changes_nothing_in_the_network(analytic: Analytic) -> None:
    asked = everything()
    before = [array.copy() for array in arrays(asked)]

    ask(analytic, asked)

    assert len(before) > 20
    for old, new in zip(before, arrays(asked), strict=True):
        np.testing.assert_array_equal(old, new)


def test_does_not_depend_on_the_order_of_writing(analytic: Analytic) -> None:
    expected = ask(analytic, everything())

    for order in ([5, 4, 3, 2, 1, 0], [2, 0, 4, 1, 5, 3]):
        assert ask(analytic, everything(order)) == expected


def test_answers_the_same_when_asked_again(analytic: Analytic) -> None:
    asked = everything()

    assert ask(analytic, asked) == ask(analytic, asked)


def test_is_documented(analytic: Analytic) -> None:
    doc = analytic.function.__doc__ or ""

    assert analytic.description.endswith(".")
    for word in ("Ties:", "Time ", "emory", "References:"):
        assert word in doc or (word == "Time " and "Time:" in doc), word
    for parameter in analytic.parameters:
        assert parameter.description.endswith("."), parameter.name


def test_its_numbers_of_rows_are_bounded(analytic: Analytic) -> None:
    for parameter in analytic.parameters:
        if parameter.type is int:
            assert parameter.least is not None, parameter.name
            assert parameter.most is not None, parameter.name
            with pytest.raises(BadInput, match=parameter.name):
                analytic.validate({parameter.name: parameter.most + 1})


def test_every_field_of_its_answer_is_described(analytic: Analytic) -> None:
    waiting, seen = [analytic.result], []
    while waiting:
        for field in answer_fields(waiting.pop()):
            seen.append(field.name)
            assert field.description.endswith("."), field.name
            assert (field.type is NodeRef) == bool(field.kinds), field.name
            if dataclasses.is_dataclass(field.type):
                waiting.append(field.type)

    assert len(seen) > 5


def test_refuses_an_unknown_argument(analytic: Analytic) -> None:
    with pytest.raises(BadInput) as caught:
        analytic.validate({"frist": 3})

    message = caught.value.problems[-1].message
    assert message.startswith(f"{analytic.name} has no such argument; it takes ")


def test_ranks_from_one_with_falling_scores(analytic: Analytic) -> None:
    items = getattr(ask(analytic, everything())[0], "items", ())
    rows = [item for item in items if isinstance(item, Row)]

    assert [row.rank for row in rows] == list(range(1, len(rows) + 1))
    scores = [row.score for row in rows]
    assert scores == sorted(scores, reverse=True)
