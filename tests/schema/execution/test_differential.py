"""Plans answer as graphql-core does, with faults everywhere."""

from __future__ import annotations

from tests.schema.execution import differential

QUERIES = 1_000


def test_plans_and_graphql_core_give_the_same_answers() -> None:
    found = differential.run(QUERIES, 20_261)

    assert found.counts["queries"] >= QUERIES
    assert found.counts["events"] > QUERIES // 10
    assert found.counts["with errors"] > QUERIES // 3
    assert sum(found.plan.counters.slow.values()) > 100
    assert found.plan.counters.generic == {}
