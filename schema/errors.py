"""What a client is told of errors: expected ones with their code, all others masked."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator

import structlog
from graphql import GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.utils.str_converters import to_camel_case

from graph.errors import BadInput, CommitRejected, DomainError
from graph.model.fields import show_money

log = structlog.get_logger(__name__)


def public_error(error: GraphQLError) -> GraphQLError:
    """The error as a client may see it; one that nobody expected is logged and masked."""
    cause = error.original_error
    if isinstance(cause, DomainError):
        return _with(error, _message(cause), _extensions(cause))
    if cause is None or (isinstance(cause, GraphQLError) and not _of_an_answer(error, cause)):
        return _with(error, error.message, {"code": BadInput.code, **(error.extensions or {})})
    name = str(uuid.uuid4())
    log.error("unexpected error", error_id=name, path=error.path, exc_info=cause)
    told = f"something went wrong on our side; the log tells more under {name}"
    return _with(error, told, {"code": DomainError.code, "id": name})


def _of_an_answer(error: GraphQLError, cause: GraphQLError) -> bool:
    """Whether a value of ours could not be shown; errors in a query name their place in it."""
    return error.path is not None and cause.nodes is None


def _with(error: GraphQLError, message: str, extensions: dict[str, object]) -> GraphQLError:
    return placed(GraphQLError(message, path=error.path, extensions=extensions), error)


def placed(error: GraphQLError, like: GraphQLError) -> GraphQLError:
    """The error, at the other's place in the document: finding one anew scans the document."""
    error.nodes, error.source = like.nodes, like.source
    error.positions, error.locations = like.positions, like.locations
    return error


def field_path(path: str) -> str:
    """A dotted path of Python field names as GraphQL names them: `amount_minor` is `amount`."""
    return ".".join(to_camel_case(part.removesuffix("_minor")) for part in path.split("."))


_AMOUNT = re.compile(r"-?[0-9][0-9,]*(?=:)|(?<=at least )-?[0-9,]+|(?<=at most )-?[0-9,]+")


def in_money(field: str, message: str) -> str:
    """Amounts as the caller wrote them: the value, and the bound it breaks."""
    if not field.endswith("_minor"):
        return message
    return _AMOUNT.sub(lambda found: show_money(int(found[0].replace(",", ""))), message)


def _message(error: DomainError) -> str:
    message = str(error)
    if isinstance(error, BadInput) and error.problems:
        first = error.problems[0].field
        if message.startswith(f"{first}:"):
            return field_path(first) + in_money(first, message[len(first) :])
    return message


def _extensions(error: DomainError) -> dict[str, object]:
    told: dict[str, object] = {"code": error.code}
    if isinstance(error, BadInput) and error.problems:
        told["problems"] = [
            {"field": field_path(p.field), "message": in_money(p.field, p.message)}
            for p in error.problems
        ]
    if isinstance(error, CommitRejected):
        told["problems"] = [
            {
                "index": p.index,
                "code": p.code.value,
                "message": p.message,
                "field": None if p.field is None else field_path(p.field),
            }
            for p in error.problems
        ]
    return told


class PublicErrors(SchemaExtension):
    """Brings all errors of an answer to what a client may see."""

    def on_operation(self) -> Iterator[None]:
        """Runs around an operation."""
        yield
        result = self.execution_context.result
        errors = getattr(result, "errors", None)
        if errors:
            result.errors = [public_error(error) for error in errors]  # type: ignore[union-attr]
