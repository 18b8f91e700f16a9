from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.commit import Plan, claim_of, fingerprint
from graph.errors import CommitRejected
from graph.model import RECORDS, Edge, NodeRef, Record
from graph.model.codec import decode_value
from graph.store import Action, Change, Delete, LoggedChange, Mode, Stamps, Upsert
from tests.graph.ledger import Ledger, changes, foundation, settled
from tests.graph.strategies import BASE

BASIC = Upsert("Contact", "a", {"name": "x", "custom": {"a": 1, "b": 2}})


@pytest.mark.parametrize(
    "other",
    [
        Upsert("Contact", "b", BASIC.values),
        Upsert("Customer", "a", BASIC.values),
        Upsert("Contact", "a", {"name": "x"}),
        Upsert("Contact", "a", {"name": "x", "custom": {"a": True, "b": 2}}),
        Upsert("Contact", "a", BASIC.values, Mode.CREATE),
        Upsert("Contact", "a", BASIC.values, expected_revision=1),
        Upsert("Contact", "a", BASIC.values, stamps=Stamps(BASE, BASE, 1)),
        Delete("Contact", "a"),
    ],
)
def test_other_changes_have_another_fingerprint(other: Change) -> None:
    assert fingerprint([other]) != fingerprint([BASIC])
    assert fingerprint([BASIC, BASIC]) != fingerprint([BASIC])


def test_the_same_values_in_another_order_have_the_same_fingerprint() -> None:
    turned = Upsert("Contact", "a", {"custom": {"b": 2, "a": 1}, "name": "x"})

    assert fingerprint([turned]) == fingerprint([BASIC])


def unstamped(records: Mapping[NodeRef, Record]) -> dict[NodeRef, Record]:
    return {r: replace(x, created_at=BASE, updated_at=BASE, revision=1) for r, x in records.items()}


def undone(
    after: Mapping[NodeRef, Record], logged: Sequence[LoggedChange]
) -> dict[NodeRef, Record]:
    """The state before a commit, read back from the log."""
    past = dict(after)
    for change in logged:
        info = RECORDS[change.ref.kind]
        before = {
            n: decode_value(info.fields[n], v) for n, v in change.before.items() if n in info.fields
        }
        match change.action:
            case Action.CREATED:
                del past[change.ref]
            case Action.UPDATED:
                past[change.ref] = replace(past[change.ref], **before)
            case Action.DELETED:
                ends: dict[str, Any] = dict(
                    zip(("source", "target"), change.ends or (), strict=False)
                )
                past[change.ref] = info.record(**before, **ends)
    return past


def check_whole(records: Mapping[NodeRef, Record]) -> None:
    """Nothing dangles and no claim is held twice."""
    claims = [(r.kind, claim_of(x)) for r, x in records.items() if claim_of(x) is not None]
    assert len(claims) == len(set(claims))
    for ref_, record in records.items():
        if isinstance(record, Edge):
            assert {record.source, record.target} <= set(records)
        for f in RECORDS[ref_.kind].fields.values():
            if f.ref and getattr(record, f.name) is not None:
                assert NodeRef(f.ref.kind, getattr(record, f.name)) in records


@settings(max_examples=250, deadline=None, derandomize=True)
@given(st.lists(st.lists(changes(), min_size=1, max_size=6), max_size=8))
def test_any_commits_leave_what_the_plain_account_says(commits: list[list[Change]]) -> None:
    ledger = Ledger()
    ledger.commit(foundation())
    for number, given_ in enumerate(commits):
        before = dict(ledger.records)
        expected, wrong = settled(before, given_)
        try:
            made = ledger.commit(given_, BASE + timedelta(days=number + 1))
        except CommitRejected as rejected:
            assert {p.index for p in rejected.problems} == wrong  # noqa: PT017
            assert ledger.records == before
            continue
        assert wrong == set()
        assert unstamped(ledger.records) == unstamped(expected)
        check_whole(ledger.records)
        check_plan(made, before, ledger.records)


def check_plan(
    made: Plan, before: Mapping[NodeRef, Record], after: Mapping[NodeRef, Record]
) -> None:
    """The plan's parts agree with each other, and the log leads back."""
    assert unstamped(undone(after, made.logged)) == unstamped(before)
    differing = {r for r in {*before, *after} if before.get(r) != after.get(r)}
    assert [c.ref for c in made.logged] == list(dict.fromkeys(c.ref for c in made.logged))
    assert {c.ref for c in made.logged} == differing
    for outcome in made.outcomes:
        record = after.get(outcome.ref)
        assert outcome.revision == (record.revision if record else 0)
    for record in made.updated:
        assert record.revision == before[record.ref].revision + 1
