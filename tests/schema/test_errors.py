"""Errors: expected ones keep their message and code, all others are masked and logged."""

from __future__ import annotations

from typing import Any

import pytest
import structlog
from graphql import GraphQLError

from graph.errors import (
    BadInput,
    CommitRejected,
    FieldProblem,
    Problem,
    ProblemCode,
    StoreUnavailable,
)
from graph.model import Customer
from schema.build import Schema
from schema.errors import public_error
from tests.schema.conftest import Client


class BrokenGraph:
    """A graph that fails, or answers with something impossible."""

    def __init__(self, failure: Exception | None = None, answer: Any = None) -> None:
        self.calls: list[tuple[str, int]] = []
        self._failure = failure
        self._answer = answer

    async def nodes(self, kind: str, keys: Any, fields: Any = None) -> Any:
        if self._failure is not None:
            raise self._failure
        return self._answer


async def test_an_unexpected_error_is_masked_and_logged_under_its_id(schema: Schema) -> None:
    client = Client(schema, BrokenGraph(RuntimeError("password is hunter2")))

    with structlog.testing.capture_logs() as logs:
        error = await client.refused('{ customer(key: "c") { name } }')

    name = error["extensions"]["id"]
    assert error["extensions"] == {"code": "INTERNAL", "id": name}
    assert error["message"] == f"something went wrong on our side; the log tells more under {name}"
    assert error["path"] == ["customer"]
    assert [(log["error_id"], str(log["exc_info"])) for log in logs] == [
        (name, "password is hunter2")
    ]


async def test_a_value_that_cannot_be_shown_is_our_error(schema: Schema) -> None:
    odd: Any = ["no", "text"]
    client = Client(schema, BrokenGraph(answer={"c": Customer(key="c", name=odd)}))

    with structlog.testing.capture_logs() as logs:
        error = await client.refused('{ customer(key: "c") { name } }')

    assert error["extensions"]["code"] == "INTERNAL"
    assert error["path"] == ["customer", "name"]
    assert "String cannot represent value" in str(logs[0]["exc_info"])


async def test_an_expected_error_costs_its_own_field_alone(schema: Schema) -> None:
    client = Client(schema, BrokenGraph(StoreUnavailable("the database does not answer")))

    data, errors = await client.run('{ customer(key: "c") { name } __typename }')

    assert data == {"customer": None, "__typename": "Query"}
    assert [(e["message"], e["extensions"]) for e in errors] == [
        ("the database does not answer", {"code": "STORE_UNAVAILABLE"})
    ]


@pytest.mark.parametrize(
    ("query", "variables", "message"),
    [
        ("{ customers(", {}, "Syntax Error: Expected Name, found <EOF>."),
        ("{ nothing }", {}, "Cannot query field 'nothing' on type 'Query'."),
        (
            "{ customers(filter: {kind: {eq: ALIEN}}) { totalCount } }",
            {},
            "Value 'ALIEN' does not exist in 'CustomerKind' enum.",
        ),
        (
            "query ($k: CustomerKind) { customers(filter: {kind: {eq: $k}}) { totalCount } }",
            {"k": "ALIEN"},
            "Variable '$k' has invalid value: Value 'ALIEN' does not exist in 'CustomerKind' enum.",
        ),
        (
            "{ customers(filter: {name: {like: 1}}) { totalCount } }",
            {},
            "Expected value of type 'StringFilter' not to include unknown field 'like'. "
            "Did you mean 'lte'? Found: { like: 1 }.",
        ),
        (
            '{ purchases(filter: {amount: {eq: "1.005"}}) { totalCount } }',
            {},
            "'1.005' is not an amount; "
            'write it as a string with at most 2 decimals, for example "1234.50"',
        ),
    ],
)
async def test_what_is_wrong_in_a_query_is_bad_input(
    client: Client, query: str, variables: dict[str, Any], message: str
) -> None:
    error = await client.refused(query, **variables)

    assert error["message"] == message
    assert error["extensions"]["code"] == "BAD_INPUT"


def test_problems_name_fields_and_amounts_as_graphql_does() -> None:
    problems = [FieldProblem("amount_minor", "-1: too small"), FieldProblem("x.founded_on.0", "no")]
    cause = BadInput("amount_minor: -1: too small (and 1 more)", problems)

    error = public_error(GraphQLError("", original_error=cause))

    assert error.message == "amount: -0.01: too small (and 1 more)"
    assert error.extensions == {
        "code": "BAD_INPUT",
        "problems": [
            {"field": "amount", "message": "-0.01: too small"},
            {"field": "x.foundedOn.0", "message": "no"},
        ],
    }


def test_a_refused_commit_tells_each_problem() -> None:
    cause = CommitRejected(
        [
            Problem(0, ProblemCode.MISSING_END, "no such customer", "target"),
            Problem(3, ProblemCode.INVALID, "no good"),
        ]
    )

    error = public_error(GraphQLError("", original_error=cause))

    assert error.extensions == {
        "code": "CONFLICT",
        "problems": [
            {"index": 0, "code": "MISSING_END", "message": "no such customer", "field": "target"},
            {"index": 3, "code": "INVALID", "message": "no good", "field": None},
        ],
    }
