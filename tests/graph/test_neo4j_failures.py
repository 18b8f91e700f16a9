"""What the server's refusals mean."""

from __future__ import annotations

import pytest
from neo4j.exceptions import (
    ConfigurationError,
    DriverError,
    Neo4jError,
    ServiceUnavailable,
    SessionExpired,
)

from graph.errors import (
    BadInput,
    Conflict,
    DomainError,
    Forbidden,
    StoreUnavailable,
    Unauthenticated,
)
from graph.neo4j_store.failures import domain_errors


def told(error: Exception) -> DomainError:
    with pytest.raises(DomainError) as found, domain_errors("host:7687", "ada", "sales"):
        raise error
    assert found.value.__cause__ is error
    return found.value


def server_error(code: str) -> Neo4jError:
    return Neo4jError._hydrate_neo4j(code=f"Neo.{code}", message="inner words")


@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        ("ClientError.Security.Unauthorized", Unauthenticated, "refuses 'ada'"),
        ("ClientError.Security.AuthenticationRateLimit", Unauthenticated, "wait"),
        ("ClientError.Security.CredentialsExpired", Unauthenticated, "has expired"),
        ("ClientError.Security.Forbidden", StoreUnavailable, "grant this user"),
        ("ClientError.Database.DatabaseNotFound", StoreUnavailable, "no database 'sales'"),
        ("ClientError.Schema.ConstraintValidationFailed", Conflict, "somebody else writes"),
        ("TransientError.Transaction.DeadlockDetected", StoreUnavailable, "try again"),
        ("ClientError.Statement.ArgumentError", BadInput, "give another"),
        ("DatabaseError.General.UnknownError", StoreUnavailable, "look into its log"),
    ],
)
def test_a_refusal_names_what_helps_and_nothing_from_within(
    code: str, kind: type[DomainError], said: str
) -> None:
    error = told(server_error(code))

    assert type(error) is kind
    assert said in str(error)
    assert "inner words" not in str(error)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ServiceUnavailable("x"), "does not answer at host:7687"),
        (SessionExpired("x"), "does not answer at host:7687"),
        (OSError("x"), "does not answer at host:7687"),
        (DriverError("x"), "the connection to Neo4j at host:7687 failed"),
    ],
)
def test_a_server_out_of_reach_is_unavailable(error: Exception, said: str) -> None:
    found = told(error)

    assert isinstance(found, StoreUnavailable)
    assert said in str(found)


def test_a_setting_the_driver_refuses_is_bad_input() -> None:
    assert isinstance(told(ConfigurationError("x")), BadInput)


def test_errors_of_ours_pass() -> None:
    with pytest.raises(Forbidden), domain_errors("host:7687", "ada", "sales"):
        raise Forbidden("no")
