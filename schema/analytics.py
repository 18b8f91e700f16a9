"""Fields of the analytics, derived from their signatures: at the root, or on a kind of record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField
from strawberry.types.unset import UNSET

from graph.errors import BadInput
from graph.model import Record
from referral.registry import Analytic, Parameter, analytics
from schema.answers import answer_type
from schema.asking import given_leaf, given_name, own_value
from schema.computing import Analytics
from schema.context import Context
from schema.declare import argument, definition, list_of
from schema.relation import Batch, Call, relation_field
from schema.root import root_field
from schema.scalars import Long
from schema.view import VIEWS

PERMISSION = "read:analytics"

LONGEST_AGE_S = 86_400
"""The oldest answer that may be asked for, in seconds."""


def fields() -> list[StrawberryField]:
    """The root fields: analytics about the whole graph."""
    return [_root(a) for a in analytics().values() if a.of is None]


def extend_views() -> None:
    """Gives the views of records the analytics about them; once for each view."""
    for found in analytics().values():
        if found.of is not None:
            known = definition(VIEWS[found.of]).fields
            if all(f.python_name != found.field for f in known):
                known.append(_on_record(found))


def _root(analytic: Analytic) -> StrawberryField:
    async def answer(
        call: Call,
        *,
        at_least_version: int | None = None,
        max_age_s: float | None = None,
        **given: Any,
    ) -> Any:
        context = call.context
        return await _computing(context).whole(
            analytic,
            context.graph.tenant,
            _arguments(analytic, given),
            max(at_least_version or 0, context.at_least),
            max_age_s=_age(max_age_s),
            deadline=context.deadline,
        )

    says = "A version that must be taken into account: the one that your own write returned."
    own = [argument("at_least_version", Long, says), _max_age()]
    return root_field(
        analytic.name,
        answer,
        answer_type(analytic.result) | None,
        permission=PERMISSION,
        description=analytic.description,
        arguments=[*map(_argument, analytic.parameters), *own],
    )


def _on_record(analytic: Analytic) -> StrawberryField:
    return relation_field(
        analytic.field,
        _batch(analytic),
        answer_type(analytic.result) | None,
        permission=PERMISSION,
        description=analytic.description,
        arguments=[*map(_argument, analytic.parameters), _max_age()],
        needs=("key",),
    )


def _batch(analytic: Analytic) -> Batch:
    async def batch(
        parents: Sequence[Record], call: Call, *, max_age_s: float | None = None, **given: Any
    ) -> list[Any]:
        context = call.context
        return await _computing(context).each(
            analytic,
            context.graph.tenant,
            [parent.ref for parent in parents],
            _arguments(analytic, given),
            context.at_least,
            max_age_s=_age(max_age_s),
            deadline=context.deadline,
        )

    return batch


def _max_age() -> StrawberryArgument:
    says = (
        "Take an answer that was the newest at most that many seconds ago, without waiting for a "
        f"newer one, 0 to {LONGEST_AGE_S:,}; its `age` says how old it is."
    )
    return argument("max_age_s", float, says)


def _age(given: float | None) -> float:
    """The age that is taken.

    Raises:
        BadInput: it is no such number.
    """
    if given is None:
        return 0.0
    if not 0 <= given <= LONGEST_AGE_S:
        raise BadInput(f"maxAgeS: {given:g}: give 0 to {LONGEST_AGE_S:,} seconds")
    return given


def _computing(context: Context) -> Analytics:
    if context.analytics is None:
        raise TypeError("this request's context was made without analytics")
    return context.analytics


def _argument(parameter: Parameter) -> StrawberryArgument:
    one = given_leaf(parameter.type)
    whole: Any = list_of(one) if parameter.many else one
    plain = parameter.default
    if isinstance(plain, Enum):  # a shared enum's members are not the analytic's own
        plain = one[plain.name]
    default = UNSET if plain is None else list(plain) if parameter.many else plain
    return StrawberryArgument(
        python_name=parameter.name,
        graphql_name=given_name(parameter.name),
        type_annotation=StrawberryAnnotation(whole | None if parameter.optional else whole),
        description=parameter.description,
        default=default,
    )


def _arguments(analytic: Analytic, given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that were given, enums by the analytic's own members."""
    return {
        p.name: own_value(p.type, given[p.name]) for p in analytic.parameters if p.name in given
    }
