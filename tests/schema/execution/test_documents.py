"""Documents are read once, and kept within bounds."""

from __future__ import annotations

import gc
import tracemalloc

import pytest
from graphql import GraphQLError

from schema.build import Schema
from schema.execution.documents import (
    LARGEST,
    TOO_DEEP,
    Documents,
    PersistedQueryNotFound,
    memory,
    sha256,
)

SHORT = "{ __typename }"


def texts(number: int) -> list[str]:
    return [f"{{ a{i:03}: __typename }}" for i in range(number)]


def test_a_text_is_read_once(schema: Schema) -> None:
    documents = Documents(schema._schema)

    assert documents.get(SHORT) is documents.get(SHORT)
    assert (len(documents), documents.bytes) == (1, memory(SHORT, 5))


def test_an_invalid_text_is_kept_with_its_errors(schema: Schema) -> None:
    documents = Documents(schema._schema)

    wrong = documents.get("{ nothing }")

    assert [e.message for e in wrong.errors] == ["Cannot query field 'nothing' on type 'Query'."]
    assert documents.get("{ nothing }") is wrong
    assert documents.get("{").operations == {}


def test_the_document_not_asked_for_longest_goes_first(schema: Schema) -> None:
    documents = Documents(schema._schema, count=2)
    a, b, c = texts(3)
    kept = documents.get(a)
    documents.get(b)

    documents.get(a)
    documents.get(c)

    assert documents.get(a) is kept
    assert len(documents) == 2


def test_documents_and_their_plans_are_bounded_by_bytes(schema: Schema) -> None:
    one, other = texts(2)
    size = memory(one, 7)
    documents = Documents(schema._schema, size=2 * size)
    document = documents.get(one)
    documents.get(other)
    assert documents.bytes == 2 * size

    documents.charge(documents.get(other), 1)

    assert len(documents) == 1
    assert documents.bytes == size + 1
    documents.charge(document, 10**9)  # it has gone already
    assert documents.bytes == size + 1


def test_a_document_larger_than_all_room_is_not_kept(schema: Schema) -> None:
    documents = Documents(schema._schema, size=10)

    assert documents.get(SHORT).errors == []
    assert (len(documents), documents.bytes) == (0, 0)


def test_blanks_do_not_push_out_what_others_use(schema: Schema) -> None:
    documents = Documents(schema._schema)
    kept = documents.get(SHORT)

    for i in range(25):
        documents.get(f"{{ a{i}: __typename }}" + " " * 1_000_000)

    assert documents.get(SHORT) is kept
    assert len(documents) == 26


def test_a_document_with_too_large_a_share_runs_but_is_not_kept(schema: Schema) -> None:
    documents = Documents(schema._schema)
    kept = documents.get(SHORT)
    large = SHORT + " " * (LARGEST // 2)

    assert documents.get(large).errors == []
    assert (len(documents), documents.bytes) == (1, memory(SHORT, 5))
    with pytest.raises(PersistedQueryNotFound):
        documents.text(sha256(large))

    documents.charge(kept, LARGEST)  # its plans grew

    assert (len(documents), documents.bytes) == (0, 0)


@pytest.mark.parametrize(
    "text",
    [
        "{" + " ".join(f"a{i}:__typename" for i in range(3_000)) + "}",
        '{contact(key:"x"){' + " ".join(f"a{i}:ties{{totalCount}}" for i in range(900)) + "}}",
        "{nodes(ids:[" + '"a" ' * 9_000 + "]){id}}",
        '{contact(key:"' + "x" * 1_000_000 + '"){key}}',
        "{" + " ".join(f"a{i}" for i in range(3_000)) + "}",
        "{" + " ".join(f"a{i}" for i in range(9_000)),
    ],
    ids=["aliases", "relations", "list", "string", "invalid", "broken"],
)
def test_a_document_is_charged_what_it_takes(schema: Schema, text: str) -> None:
    documents = Documents(schema._schema)
    documents.get(SHORT)
    gc.collect()

    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        copy = "".join([text, " "])
        document = documents.get(copy)
        gc.collect()
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()

    assert 0.75 * taken < document.bytes < 2 * taken + 20_000  # a text may be held twice


def test_the_operation_is_the_one_of_that_name(schema: Schema) -> None:
    document = Documents(schema._schema).get("query A { __typename } query B { __typename }")

    assert document.operation("B") is document.operations["B"]
    with pytest.raises(GraphQLError, match="Must provide operation name if query contains"):
        document.operation(None)
    with pytest.raises(GraphQLError, match="Unknown operation named 'C'"):
        document.operation("C")


def test_a_document_without_operations_has_none_to_run(schema: Schema) -> None:
    document = Documents(schema._schema).get("fragment F on Query { __typename }")

    with pytest.raises(GraphQLError, match="Must provide an operation"):
        document.operation(None)


def test_a_document_nested_too_deeply_is_refused(schema: Schema) -> None:
    deep = "{ a " * 5_000 + "}" * 5_000

    (error,) = Documents(schema._schema).get(deep).errors

    assert TOO_DEEP in error.message or "deep" in error.message


def test_a_document_is_found_by_its_hash_as_long_as_it_is_kept(schema: Schema) -> None:
    documents = Documents(schema._schema, count=1)
    one, other = texts(2)
    documents.get(one)
    assert documents.text(sha256(one)) == one

    documents.get(other)

    assert documents.text(sha256(other)) == other
    with pytest.raises(PersistedQueryNotFound):
        documents.text(sha256(one))
