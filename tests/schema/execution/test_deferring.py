"""The parts of an answer are put together where their paths say."""

from __future__ import annotations

from random import Random

from graphql import parse

from tests.schema.execution.deferring import deferring, join


def test_what_comes_later_goes_where_its_path_says() -> None:
    answer = {"a": [{"b": {"c": 1}}]}

    join(answer, {"incremental": [{"path": ["a", 0, "b"], "data": {"d": 2}}]})
    join(answer, {"incremental": [{"path": [], "data": {"a": [{"b": {"e": 3}}], "f": 4}}]})

    assert answer == {"a": [{"b": {"c": 1, "d": 2, "e": 3}}], "f": 4}


def test_some_queries_are_deferred_and_all_stay_queries() -> None:
    made = [deferring("{ a { b c } d }", Random(seed)) for seed in range(20)]

    deferred = [query for query in made if query is not None]
    assert 5 < len(deferred) < 20
    for query in deferred:
        parse(query)
        assert "... @defer {" in query
