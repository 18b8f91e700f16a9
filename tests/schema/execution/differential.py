"""Plans against graphql-core, on the same queries, the same store and the same faults.

`python -m tests.schema.execution.differential 20000 7` tries that many queries from that seed; it
ends with 0 where there is no difference and with 3 where there is one. All else says that the
comparison itself went wrong.

Data and the order of keys must be equal, and errors too, with one liberty that the specification
gives: where a null has spread upwards, executors may stop at different errors below it. There at
least one must be told, and only such as graphql-core finds when nulls do not spread.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
import warnings
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import orjson
from graphql import (
    ExecutionResult,
    GraphQLError,
    experimental_execute_incrementally,
    parse,
    print_ast,
)
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from hypothesis_graphql import from_schema, nodes
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from graph.model import NodeRef, Record, edge_records, node_records
from graph.query import FindQuery, Window
from graph.record_cache import CachedStore
from graph.snapshots import Snapshots
from graph.sqlite import SqliteStore
from referral.kernels.warming import warm as warm_kernels
from referral.trades.warming import warm as warm_trades
from schema import computing
from schema.build import Schema
from schema.computing import Analytics
from schema.context import Context
from schema.execution import Executor, Mode
from schema.execution.failures import Failures
from schema.subscriptions import Change, ChangeAction, Commit, RecordKind, events_of
from tests.schema.execution.deferring import deferring, join
from tests.schema.execution.faults import FaultySchema, SmallGraph, spoilt_event
from tests.schema.execution.queries import QueryWriter
from tests.schema.world import company

SPREADING = 0.02
"""Share of the trials with errors that are run once more with errors that spread no nulls."""

DIFFERENT = 3
"""How the command ends when it has found a difference."""

LONGEST = 5_000
"""Characters of a query; longer ones take longer and find no more."""

FAULTS = 2
"""How often each query is tried, with other faults each time: to validate it takes longest."""

DEFERRED = 0.6
"""The share of random queries that are tried with @defer too."""

RATES = (0, 10, 40, 120)
MANY_FAULTS = (60, 150, 250)
"""How often something goes wrong, per mille."""

TRIES = 60
"""How often each of the queries below is tried."""

FOUND = (
    # one fragment at two places of one level: its relations are two levels
    """{ contacts { a: edges { node { ...F } } b: edges { node { ...F } } } }
       fragment F on Contact { key ties { totalCount edges { node { name sex } } } }""",
    # several types share a relation, and one has more of the same name
    """{ contact(key: "p000") { referralsMade { edges { status node { referralsMade { totalCount }
       ... on Customer { owner { name } needs { edges { node { name } } } }
       ... on Contact { needs { totalCount } ties { edges { cursor } } } } } } } }""",
    # an error has a type's name too, unless one looks
    """{ contacts { edges { node { ties { __typename } name } } pageInfo { __typename } } }""",
    # an error is no JSON, and a text is no list
    """{ customers { edges { node { custom } } } goods { edges { node { custom } } }
       contacts { edges { node { custom hobbies phones } } } purchases { edges { node { custom } } }
       organizations { edges { node { custom } } } staff { edges { node { custom } } } }""",
    # numbers too large for their type
    """{ customers { edges { node { revision headcount referralsMade { edges { revision node {
       revision } } } } } } contacts { edges { node { revision ties { edges { revision node {
       revision } } } } } } organizations { edges { node { revision headcount } } }
       goods { edges { node { revision } } } purchases { edges { node { revision } } }
       staff { edges { node { revision } } } trades { edges { node { revision } } } }""",
    # an event, whose nodes are of every kind
    """subscription { changes { version at actor more changes { id kind key action sourceId
       node { id ... on Contact { name ties { totalCount edges { node { name } } } }
       ... on Referral { source { name } target { id } } } } } }""",
    # every kind of leaf
    """{ customers { edges { node { revision custom kind stage industryClimateIndex foundedOn
       headcount emails trust belief creditRating updatedAt } } }
       purchases { edges { node { amount at } } } search(text: "Org") { score node { id } } }""",
)
"""Queries for what random ones hit too seldom."""

KEYS = ["c001", "c004", "p000", "p003", "o002", "r001", "g0", "s1", "b002", "none"]
IDS = [
    NodeRef(kind, key).global_id
    for kind, key in [
        ("Customer", "c001"),
        ("Contact", "p000"),
        ("Organization", "o002"),
        ("Referral", "r001"),
        ("Tie", "t001"),
        ("Good", "g0"),
        ("Purchase", "b001"),
        ("Ownership", "w001"),
        ("Customer", "none"),
    ]
]
KNOWN: Mapping[str, Sequence[str]] = {"key": KEYS, "id": IDS, "ids": IDS, "text": ["Org", "王"]}

SCALARS = {
    "Money": st.just(nodes.String("12.50")),
    "Long": st.integers(-5, 5).map(nodes.Int),
    "Date": st.just(nodes.String("2026-01-01")),
    "DateTime": st.just(nodes.String("2026-01-01T00:00:00Z")),
    "JSON": st.just(nodes.String("x")),
}

ErrorText = tuple[tuple[str | int, ...], str, tuple[tuple[int, int], ...]]


class Difference(AssertionError):
    """The two executors disagree."""


@dataclass
class Differential:
    """Compares the two.

    Attributes:
        faulty: the schema.
        graph: what it reads.
        kept: the same, from memory.
        analytics: computes for it.
        random: the source of chance.
        changes: what events tell of.
        counts: what was seen.
        seen: the documents tried.
    """

    faulty: FaultySchema
    graph: Any
    kept: Any
    analytics: Analytics
    random: Random
    changes: Sequence[Change]
    counts: Counter[str] = field(default_factory=Counter)
    seen: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        core = self.faulty.schema._schema
        self.plan = Executor(core, Mode.PLAN, most_errors=10**9, max_cost=0)
        self.core = Executor(core, Mode.CORE, most_errors=10**9, max_cost=0)
        self.core.documents = self.plan.documents  # most of the time goes into validation

    @property
    def schema(self) -> Schema:
        """The schema."""
        return self.faulty.schema

    def _context(self, faults: str) -> Context:
        graph = self.graph if faults.endswith("/0") else self.graph.faulty()
        walks = int(faults.partition("/")[0]) % 2 == 0  # half of them as on Neo4j
        return Context(graph, actor=faults, analytics=self.analytics, walks=walks)

    def _event(self, query: str, faults: str) -> Commit | None:
        """Some changes, where the query is a subscription."""
        if not query.startswith("subscription"):
            return None
        self.counts["events"] += 1
        chance = Random(faults)
        changes = chance.sample(self.changes, 4)
        whole = Commit(7, datetime(2026, 1, 1, tzinfo=UTC), "test", changes, chance.random() < 0.5)
        event: Commit = spoilt_event(self._context(faults), whole)
        return event

    async def _run(
        self, executor: Executor, query: str, variables: Mapping[str, Any], faults: str
    ) -> tuple[Failures, list[str]]:
        self.faulty.log.clear()
        context = self._context(faults)
        event = self._event(query, faults)
        found = await executor.run(query, variables, context, event=event)
        return found, list(self.faulty.log)

    async def _compare_text(
        self, query: str, variables: Mapping[str, Any], faults: str, core: Failures
    ) -> None:
        """Runs a query as for HTTP; pages are kept, and JSON of them, which must be the core's."""
        context = self._context(faults)
        context.graph = self.kept if faults.endswith("/0") else self.kept.faulty()
        context.fragments = True
        plan = await self.plan.run(query, variables, context, event=self._event(query, faults))
        found, expected = _json(plan.data), _json(core.data)
        self.counts["with kept JSON"] += "orjson.Fragment" in repr(plan.data)
        if found != expected:
            raise Difference(f"JSON\n{query}\n{variables}\n{faults}\n{found!r}\n{expected!r}")

    async def compare(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        rates: Sequence[int] = RATES,
    ) -> None:
        """Runs a query both ways, with faults at one of those rates (per mille).

        Raises:
            Difference: the answers differ, or the plan gave none.
        """
        faults = f"{self.random.randrange(10**6)}/{self.random.choice(rates)}"
        place = f"\n{query}\n{variables}\n{faults}\n"
        given = variables or {}
        core, core_log = await self._run(self.core, query, given, faults)
        self.seen.add(query)
        self.counts["trials"] += 1
        self.counts["introspecting"] += "__schema" in query or "__type(" in query
        self.counts["with errors"] += bool(core.errors)
        self.counts["errors"] += len(core.errors)
        for _ in range(1 + (self.random.random() < 0.8)):  # step by step, then by its function
            try:
                plan, plan_log = await self._run(self.plan, query, given, faults)
            except Exception as error:
                raise Difference(f"no answer{place}{error!r}") from error
            if repr(plan.data) != repr(core.data):
                raise Difference(f"data{place}{plan.data}\n{core.data}\n{plan.errors}")
            if plan_log != core_log:
                raise Difference(f"order of mutations{place}{plan_log}\n{core_log}")
            await self._compare_errors(plan, core, query, given, faults, place)
        if core.errors and self.random.random() < SPREADING:
            self.counts["without spreading"] += 1
            possible = await self._without_spreading(query, given, faults)
            told = [_text(error) for error in core.errors if error.path]
            lost = [error for error in told if error[:2] not in possible]
            if lost:
                raise Difference(f"errors of graphql-core alone{place}{lost}")
        for _ in range(2):  # JSON is made, then shown
            await self._compare_text(query, given, faults, core)

    async def _compare_errors(
        self,
        plan: Failures,
        core: Failures,
        query: str,
        given: Mapping[str, Any],
        faults: str,
        place: str,
    ) -> None:
        ours, theirs = _by_null(plan), _by_null(core)
        if set(ours) != set(theirs):
            raise Difference(f"places of errors{place}{set(ours) ^ set(theirs)}")
        for null, found in ours.items():
            if found == theirs[null]:
                continue
            self.counts["spread differently"] += 1
            if not any(len(path) > len(null) for path, _, _ in [*found, *theirs[null]]):
                raise Difference(f"errors at {null}{place}{found}\n{theirs[null]}")
            possible = await self._without_spreading(query, given, faults)
            unexplained = [e for e in found if e[:2] not in possible]
            if unexplained:
                raise Difference(f"errors of our own{place}{unexplained}")

    async def _without_spreading(
        self, query: str, given: Mapping[str, Any], faults: str
    ) -> set[tuple[object, ...]]:
        """Every error there is: path and message."""
        document = parse(query)
        text = print_ast(document)
        head = "query" if text.startswith("{") else ""
        text = f"{head} {text}".replace("{", "@experimental_disableErrorPropagation {", 1)
        found: Any = experimental_execute_incrementally(
            self.schema._schema,
            parse(text),
            root_value=self._event(query, faults),
            variable_values=dict(given),
            context_value=self._context(faults),
            executor_class=StrawberryGraphQLCoreExecutionContext,
        )
        result: ExecutionResult = await found if hasattr(found, "__await__") else found
        return {_text(error)[:2] for error in result.errors or ()}

    async def random_query(self) -> None:
        """Compares one query of our own generator, sometimes with other switches again."""
        core = self.schema._schema
        while True:
            writer = QueryWriter(core, self.random, KNOWN)
            query = writer.write(self.random.choice([2, 3, 4, 5]))
            if len(query) <= LONGEST and not self.plan.documents.get(query).errors:
                break
            self.counts["not used"] += 1
        for _ in range(FAULTS):
            await self.compare(query, writer.variables)
        if query.startswith("query") and self.random.random() < DEFERRED:
            await self.compare_parts(query, writer.variables)
        switches = [name for name in writer.variables if name.startswith("b")]
        if switches:
            other = {name: self.random.random() < 0.5 for name in switches}
            await self.compare(query, {**writer.variables, **other})

    async def compare_parts(self, query: str, variables: Mapping[str, Any]) -> None:
        """Compares the parts of an answer, put together, with graphql-core's whole; no faults.

        Raises:
            Difference: they differ.
        """
        deferred = deferring(query, self.random)
        if deferred is None or self.plan.documents.get(deferred).errors:
            return
        whole, _ = await self._run(self.core, deferred, variables, "0/0")
        found = await self.plan.deliver(deferred, variables, self._context("0/0"))
        if whole.errors or isinstance(found, ExecutionResult):
            self.counts["deferred, not compared"] += 1  # a null may end at the fragment
            return
        self.seen.add(deferred)
        self.counts["in parts"] += 1
        first, *later = [part async for part in found]
        failed = [p for p in (first, *later) if "errors" in repr(p.keys())]
        for part in later:
            join(first["data"], part)
        if failed or first["data"] != whole.data:
            raise Difference(f"parts\n{deferred}\n{variables}\n{first}\n{whole.data}\n{failed}")

    def hypothesis_queries(self, loop: asyncio.AbstractEventLoop, number: int, base: int) -> None:
        """Compares that many queries of hypothesis-graphql.

        Raises:
            Difference: the executors disagree; the last one found, which is the shortest.
        """
        core = self.schema._schema
        differences: list[Difference] = []
        assert core.query_type is not None
        names = [n for n in core.query_type.fields if n not in ("nodes",)]

        @seed(base)
        @settings(
            max_examples=number,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(
            st.sampled_from(names).flatmap(
                lambda name: from_schema(core, fields=[name], custom_scalars=SCALARS)
            )
        )
        def each(query: object) -> None:
            text = str(query)
            if len(text) <= LONGEST:
                try:
                    for _ in range(FAULTS):
                        loop.run_until_complete(self.compare(text))
                except Difference as error:
                    differences.append(error)
                    raise

        try:
            each()
        except Exception:
            if differences:  # faults are drawn anew each time, which Hypothesis calls flaky
                raise differences[-1] from None
            raise


def _json(data: Any) -> bytes | None:
    """The answer as it is sent; None where JSON cannot hold it."""
    try:
        return orjson.dumps(data)
    except orjson.JSONEncodeError:
        return None


def _text(error: GraphQLError) -> ErrorText:
    where = tuple(sorted((place.line, place.column) for place in error.locations or ()))
    return tuple(error.path or ()), error.message, where


def _by_null(found: Failures) -> dict[tuple[str | int, ...], Counter[ErrorText]]:
    """Errors by the place of the null that they left."""
    places: dict[tuple[str | int, ...], Counter[ErrorText]] = defaultdict(Counter)
    for error in found.errors:
        here: list[str | int] = []
        data: Any = found.data
        for step in error.path or ():
            if data is None:
                break
            data = data[step]
            here.append(step)
        places[tuple(here)][_text(error)] += 1
    return places


async def _samples(graph: Any) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for info in (*node_records(), *edge_records()):
        page = await graph.find(FindQuery(info.name, window=Window(first=3)))
        found[info.name] = list(page.items)
    return found


def run(number: int, base: int) -> Differential:
    """Tries that many different documents, up to a quarter of them hypothesis-graphql's.

    What they compute must not depend on how busy the machine is: kernels are compiled before, and
    no analytic has a time that could be over.

    Raises:
        Difference: the executors disagree.
    """
    warm_kernels()
    warm_trades()
    loop = asyncio.new_event_loop()
    aged, computing._aged = computing._aged, _ageless  # type: ignore[assignment]
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder))
        made = loop.run_until_complete(_start(store, base))
        try:
            for query in FOUND * TRIES:
                loop.run_until_complete(made.compare(query, rates=MANY_FAULTS))
            made.hypothesis_queries(loop, number // 4, base)
            while len(made.seen) < number:
                loop.run_until_complete(made.random_query())
        finally:
            made.faulty.mend()
            computing._aged = aged
            loop.run_until_complete(store.close())
            loop.close()
    return made


def _ageless(answer: Any, _age_s: float) -> Any:
    """An answer as it was computed: its age goes on between two ways of asking for it."""
    return answer


async def _start(store: SqliteStore, base: int) -> Differential:
    await store.ready()
    graph = store.tenant("company")
    await graph.commit(company(), actor="test")
    faulty = FaultySchema(await _samples(graph))
    snapshots = Snapshots(store, patience_s=0.05)  # versions that never come
    await snapshots.view("company")
    analytics = Analytics(snapshots, patience_s=None)
    changes = await _changes(graph)
    kept = SmallGraph(CachedStore(store, 2**24).tenant("company"))
    return Differential(faulty, SmallGraph(graph), kept, analytics, Random(base), changes)


async def _changes(graph: Any) -> list[Change]:
    """Some of every kind, and one of a record that is gone."""
    (entry,) = await graph.log(0)
    events = [commit for kind in RecordKind for commit in events_of(entry, {kind})]
    found = [change for commit in events for change in commit.changes[:5]]
    gone = NodeRef("Tie", "none")
    return [*found, Change(gone, RecordKind("Tie"), ChangeAction.DELETED, IDS[1], IDS[1])]


def main() -> int:
    """Tries as many queries as the command line says, from the seed it names.

    Returns:
        The code to end with.
    """
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    number, base = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    sys.stdout.write(f"{number:,} documents from seed {base}\n")
    sys.stdout.flush()
    try:
        found = run(number, base)
    except Difference as error:
        sys.stdout.write(f"DIFFERENT: {error}\n")
        return DIFFERENT
    sys.stdout.write(
        f"{len(found.seen):,} documents, {dict(found.counts)}\n{found.plan.counters}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
