"""Plans answer as graphql-core does, with faults everywhere."""

from __future__ import annotations

from schema.execution.parts import TITLE
from tests.schema.execution import differential

DOCUMENTS = 1_000


def test_plans_and_graphql_core_give_the_same_answers() -> None:
    found = differential.run(DOCUMENTS, 20_261)

    assert len(found.seen) >= DOCUMENTS
    assert found.counts["events"] > DOCUMENTS // 10
    assert found.counts["with errors"] > DOCUMENTS // 3
    assert found.counts["introspecting"] > DOCUMENTS // 20
    assert found.counts["with kept JSON"] > DOCUMENTS // 4
    assert found.counts["without spreading"] > DOCUMENTS // 100
    assert found.counts["in parts"] > DOCUMENTS // 50
    assert sum(found.plan.counters.slow.values()) > 100
    assert set(found.plan.counters.generic) == {TITLE, "null for @skip or @include"}
