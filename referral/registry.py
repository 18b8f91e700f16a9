"""The register of analytics: what can be asked, with which arguments, and what comes back."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from types import MappingProxyType
from typing import Any, Required, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from typing_extensions import TypedDict

from graph.errors import BadInput, FieldProblem, shown
from graph.inputs import told
from graph.model import NodeRef
from graph.network import Network
from referral.answers import description_of, strip

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of an analytic.

    Attributes:
        name: Python name, snake case.
        annotation: the whole annotation, with bounds, for validation.
        type: the bare type of one value.
        many: whether it takes a tuple of values.
        optional: whether None is a value.
        required: whether it must be given.
        default: its value when it is not given.
        description: for people.
        least, most: bounds of a number, where there are any.
    """

    name: str
    annotation: Any
    type: Any
    many: bool
    optional: bool
    required: bool
    default: Any
    description: str
    least: float | None
    most: float | None


@dataclass(frozen=True)
class Analytic:
    """One analytic: a pure function of a network and arguments.

    Attributes:
        name: Python name of the function, snake case: `top_referrers`.
        function: the function itself.
        parameters: its arguments, in order of declaration.
        result: the answer record, `Ranking[TopReferrer]` for example.
        optional: whether the answer may be None: the thing asked for by key is not there.
        description: first paragraph of the docstring.
        of: kind of the records it is asked for, many at once; None when it is about the whole.
        field: name under which records of that kind show it.
    """

    name: str
    function: Callable[..., Any]
    parameters: tuple[Parameter, ...]
    result: Any
    optional: bool
    description: str
    of: str | None = None
    field: str = field(default="")

    def run(self, network: Network, arguments: Mapping[str, Any]) -> Any:
        """The answer about the whole network.

        Raises:
            BadInput: an argument is unknown, missing or wrong; names each.
        """
        return self.function(network, **self.validate(arguments))

    def run_each(
        self, network: Network, anchors: Sequence[NodeRef], arguments: Mapping[str, Any]
    ) -> list[Any]:
        """The answers for records of kind `of`, one for each, in order; None for one not there.

        Raises:
            BadInput: an argument is unknown, missing or wrong; names each.
        """
        answers: list[Any] = self.function(network, anchors, **self.validate(arguments))
        return answers

    def validate(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments checked and brought to their types, absent ones left out.

        Raises:
            BadInput: an argument is unknown, missing or wrong; names each.
        """
        try:
            checked: dict[str, Any] = self._adapter.validate_python(dict(arguments))
        except ValidationError as error:
            problems = [self._problem(e) for e in error.errors(include_url=False)]
            more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
            raise BadInput(f"{problems[0].field}: {problems[0].message}{more}", problems) from error
        return checked

    @cached_property
    def _adapter(self) -> TypeAdapter[dict[str, Any]]:
        parameters: Any = self.parameters
        typed_dict: Any = TypedDict  # mypy wants literal names; these come from the signature
        shape = typed_dict(
            f"{self.name}_arguments",
            {p.name: Required[p.annotation] if p.required else p.annotation for p in parameters},
            total=False,
        )
        shape.__pydantic_config__ = ConfigDict(extra="forbid")
        return TypeAdapter(shape)

    def _problem(self, error: ErrorDetails) -> FieldProblem:
        where = ".".join(str(part) for part in error["loc"]) or "arguments"
        names = ", ".join(p.name for p in self.parameters)
        if error["type"] == "extra_forbidden":
            return FieldProblem(where, f"{self.name} has no such argument; it takes {names}")
        if error["type"] == "missing":
            return FieldProblem(where, f"{self.name} needs this argument; it takes {names}")
        return FieldProblem(where, told(error))


_REGISTERED: dict[str, Analytic] = {}


def analytic(
    *, of: str | None = None, field: str | None = None
) -> Callable[[FunctionT], FunctionT]:
    """Registers the decorated function as an analytic; its signature and docstring say the rest.

    The function takes a network, then keyword arguments with annotations
    `Annotated[type, Field(bounds, description=...)]`, and returns an answer record or None.

    Args:
        of: name of a record: the function then takes, after the network, many references to
            records of that kind, and returns a list of answers, one for each.
        field: name under which such a record shows its answer; default the function's name.
    """

    def register(function: FunctionT) -> FunctionT:
        name = function.__name__
        _REGISTERED[name] = _describe(name, function, of, field or name)
        return function

    return register


def _describe(name: str, function: Callable[..., Any], of: str | None, field: str) -> Analytic:
    hints = get_type_hints(function, include_extras=True)
    given = inspect.signature(function).parameters.values()
    result, optional = _result(hints["return"], many=of is not None)
    return Analytic(
        name=name,
        function=function,
        parameters=tuple(
            _parameter(p, hints[p.name]) for p in given if p.kind is inspect.Parameter.KEYWORD_ONLY
        ),
        result=result,
        optional=optional,
        description=" ".join((function.__doc__ or "").split("\n\n")[0].split()),
        of=of,
        field=field,
    )


def _result(annotation: Any, *, many: bool) -> tuple[Any, bool]:
    bare = get_args(annotation)[0] if many else annotation
    return _without_none(bare)


def _without_none(annotation: Any) -> tuple[Any, bool]:
    if get_origin(annotation) in (Union, types.UnionType):
        return next(a for a in get_args(annotation) if a is not type(None)), True
    return annotation, False


def _parameter(declared: inspect.Parameter, annotation: Any) -> Parameter:
    bare, marks = strip(annotation)
    inner, optional = _without_none(bare)
    inner, more = strip(inner)
    many = get_origin(inner) is tuple
    inner = strip(get_args(inner)[0])[0] if many else inner
    constraints = [c for m in marks + more for c in getattr(m, "metadata", ())]
    missing = declared.default is inspect.Parameter.empty
    return Parameter(
        name=declared.name,
        annotation=annotation,
        type=inner,
        many=many,
        optional=optional,
        required=missing,
        default=None if missing else declared.default,
        description=description_of(marks + more),
        least=next((c.ge for c in constraints if hasattr(c, "ge")), None),
        most=next((c.le for c in constraints if hasattr(c, "le")), None),
    )


@cache
def analytics() -> Mapping[str, Analytic]:
    """Every analytic by name, sorted: those of all modules in this package."""
    package = importlib.import_module("referral")
    for module in pkgutil.iter_modules(package.__path__):
        if not module.ispkg:
            importlib.import_module(f"referral.{module.name}")
    return MappingProxyType(dict(sorted(_REGISTERED.items())))


def run(name: str, network: Network, arguments: Mapping[str, Any]) -> Any:
    """The answer of the analytic of that name about the whole network.

    Raises:
        BadInput: there is no such analytic, or an argument is unknown, missing or wrong.
    """
    found = analytics().get(name)
    if found is None or found.of is not None:
        names = ", ".join(a.name for a in analytics().values() if a.of is None)
        raise BadInput(f"{shown(name)} is not an analytic; use one of {names}")
    return found.run(network, arguments)
