"""The driver's errors as errors of ours, each with what is wrong and the remedy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from neo4j.exceptions import (
    AuthError,
    ClientError,
    ConfigurationError,
    ConnectionAcquisitionTimeoutError,
    ConstraintError,
    DriverError,
    IncompleteCommit,
    Neo4jError,
    ServiceUnavailable,
    SessionExpired,
    TransientError,
)

from graph.errors import (
    BadInput,
    Conflict,
    DomainError,
    StoreUnavailable,
    TimedOut,
    Unauthenticated,
    Unconfirmed,
    shown,
)


@contextmanager
def domain_errors(address: str, user: str, database: str) -> Iterator[None]:
    """Turns what the driver raises inside into a DomainError.

    Args:
        address: the server, without credentials.
        user: who signed in.
        database: the database named.
    """
    try:
        yield
    except Neo4jError as error:
        raise _refused(error, address, user, database) from error
    except (DriverError, OSError) as error:
        raise _unreached(error, address) from error
    except UnicodeEncodeError as error:
        raise BadInput(
            f"{shown(error.object)} holds half of a surrogate pair, which is no character; "
            "remove it"
        ) from error


def may_be_one_askers(error: DomainError) -> bool:
    """Whether a statement of several askers may have failed by what one of them asked.

    The server has answered then, and not about who signed in.
    """
    if isinstance(error, Unauthenticated):
        return False
    return isinstance(error, BadInput) or isinstance(error.__cause__, Neo4jError)


def _refused(error: Neo4jError, address: str, user: str, database: str) -> DomainError:
    """What the server's refusal means."""
    code = error.code or "no code"
    if code.endswith("Security.AuthenticationRateLimit"):
        return Unauthenticated(
            f"Neo4j at {address} lets {shown(user)} wait after too many wrong passwords; "
            "correct the password and try again in some seconds"
        )
    if code.endswith("Security.CredentialsExpired"):
        return Unauthenticated(
            f"the password of {shown(user)} at {address} has expired; "
            "set a new one with ALTER CURRENT USER SET PASSWORD"
        )
    if isinstance(error, AuthError):
        return Unauthenticated(
            f"Neo4j at {address} refuses {shown(user)} with this password; "
            "check the user and the password of the store"
        )
    if code.endswith("Database.DatabaseNotFound"):
        return StoreUnavailable(
            f"Neo4j at {address} has no database {shown(database)}; "
            "name one that it has (neo4j, unless somebody renamed it)"
        )
    if ".Security." in code:
        return StoreUnavailable(
            f"{shown(user)} may not do this at {address} ({code}); "
            "grant this user reading, writing and schema rights on the database"
        )
    return _failed(error, code, address)


def _failed(error: Neo4jError, code: str, address: str) -> DomainError:
    """What a statement's failure means."""
    if "TransactionTimedOut" in code:
        return TimedOut("the database took too long; ask for less, or allow more time")
    if isinstance(error, ConstraintError):
        return Conflict(
            "the database holds a record of this key or claim that renmai did not expect; "
            "somebody else writes to its records: try again"
        )
    if isinstance(error, TransientError):
        return StoreUnavailable(f"Neo4j at {address} could not do it now ({code}); try again")
    if isinstance(error, ClientError) and code.endswith("Statement.ArgumentError"):
        return BadInput(f"the database refuses a value ({code}); give another")
    return StoreUnavailable(
        f"Neo4j at {address} failed ({code}); look into its log, and try again when it is mended"
    )


def _unreached(error: DriverError | OSError, address: str) -> DomainError:
    """What a failure on the way to the server means."""
    if isinstance(error, IncompleteCommit):
        return unknown_outcome(address)
    if isinstance(error, ConnectionAcquisitionTimeoutError):
        return StoreUnavailable(
            f"no connection to Neo4j at {address} became free in time; "
            "try again, or allow a larger pool"
        )
    if isinstance(error, ConfigurationError):
        return BadInput(f"the store at {address} cannot be used as configured: {error}")
    if isinstance(error, ServiceUnavailable | SessionExpired | OSError):
        return StoreUnavailable(
            f"Neo4j does not answer at {address}; start it, or correct host and port"
        )
    return StoreUnavailable(f"the connection to Neo4j at {address} failed; try again")


def unknown_outcome(address: str) -> Unconfirmed:
    """The error of a commit whose answer was lost."""
    return Unconfirmed(
        f"the connection to Neo4j at {address} broke while it committed, so the outcome is "
        "not known; send the same changes with the same idempotency key again"
    )
