"""How a networkx function is declared as answered, declined, or handed on to networkx."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, NamedTuple

import networkx as nx

from graph.errors import DomainError
from graph.network import NetworkGraph
from referral.backend.graph import ArrayGraph
from referral.backend.snapshots import array_graph

Function = Callable[..., Any]


class Attribute:
    """Stands for: any name of an edge attribute, or None; a function of an edge is declined."""


ATTRIBUTE = Attribute()


class Limit(NamedTuple):
    """What one parameter must be for a call to be answered.

    Attributes:
        place: its position in the signature.
        name: its name.
        allowed: the values that are answered; ATTRIBUTE = whatever is not callable.
        usual: the value it has where none is given.
    """

    place: int
    name: str
    allowed: tuple[Any, ...] | Attribute
    usual: Any


class Answer(NamedTuple):
    """A function that this backend answers.

    Attributes:
        run: the function, which declines by NotImplementedError what it cannot answer.
        limits: of its parameters.
        slow: whether networkx's own takes more than linear time, so that a conversion pays.
        free: how many arguments by position have no limits; a call with no others needs no look.
    """

    run: Function
    limits: tuple[Limit, ...]
    slow: bool
    free: int


WRONG_KIND = NotImplementedError("a directed graph was given for an undirected one, or the reverse")

ANSWERS: dict[str, Answer] = {}
"""By the name networkx calls it."""


def answers(
    *, slow: bool = False, directed: bool | None = None, **limits: Any
) -> Callable[[Function], Function]:
    """Declares a function as the answer to networkx's function of that name.

    Args:
        slow: whether networkx's own takes more than linear time.
        directed: the one kind of graph that it is about; the other is declined, for what networkx
            says of it differs from version to version. None = both.
        limits: by parameter, the one value, or the tuple of values, that is answered.
    """

    def declared(function: Function) -> Function:
        parameters = inspect.signature(function).parameters
        places = {name: place for place, name in enumerate(parameters)}
        rules = tuple(
            Limit(places[n], n, _allowed(value), parameters[n].default)
            for n, value in limits.items()
        )
        free = min((rule.place for rule in rules), default=len(places))
        run = _handing_on(function, rules, free, directed)
        ANSWERS[function.__name__] = Answer(run, rules, slow, free)
        return run

    return declared


def _allowed(value: Any) -> tuple[Any, ...] | Attribute:
    return value if isinstance(value, tuple | Attribute) else (value,)


def refusal(limits: tuple[Limit, ...], args: Any, kwargs: Mapping[str, Any]) -> str | None:
    """Why a call with these arguments is not answered; None where it is."""
    count = len(args)
    for place, name, allowed, usual in limits:
        value = args[place] if place < count else kwargs.get(name, usual)
        if value is usual:
            continue
        if isinstance(allowed, Attribute):
            if callable(value):
                return f"{name} is a function; only names of edge attributes are answered"
        elif not any(value is a or (type(value) is type(a) and value == a) for a in allowed):
            return f"{name} is answered only for {', '.join(map(repr, allowed))}"
    return None


def _handing_on(
    function: Function, limits: tuple[Limit, ...], free: int, directed: bool | None
) -> Function:
    """The function; what it declines about a snapshot is answered by networkx on a copy.

    A plain call pays for one look at its arguments: networkx itself takes 5 microseconds.
    """
    name = function.__name__
    kinds = (True, False) if directed is None else (directed,)
    usuals = tuple((rule.place, rule.usual) for rule in limits)

    @wraps(function)
    def answered(*args: Any, **kwargs: Any) -> Any:
        if kwargs or not args or type(args[0]) is not ArrayGraph or args[0].directed not in kinds:
            return looked_at(args, kwargs)
        if len(args) > free:
            for place, usual in usuals:  # networkx gives some functions every argument
                if place < len(args) and args[place] is not usual:
                    return looked_at(args, kwargs)
        try:
            return function(*args)
        except (NotImplementedError, DomainError) as error:
            return declined(error, args, kwargs)

    def looked_at(args: Any, kwargs: Any) -> Any:
        if args and type(args[0]) is NetworkGraph:
            args = (args[0].held or array_graph(args[0]), *args[1:])
        elif "G" in kwargs and type(kwargs["G"]) is NetworkGraph:
            kwargs["G"] = array_graph(kwargs["G"])
        reason = refusal(limits, args, kwargs)
        if reason is not None:
            return declined(NotImplementedError(reason), args, kwargs)
        if directed is not None and (args[0] if args else kwargs["G"]).directed is not directed:
            return declined(WRONG_KIND, args, kwargs)
        try:
            return function(*args, **kwargs)
        except (NotImplementedError, DomainError) as error:
            return declined(error, args, kwargs)

    def declined(error: Exception, args: Any, kwargs: Any) -> Any:
        # networkx's own "not implemented for this type" is an answer, not a refusal
        if isinstance(error, nx.NetworkXException):
            raise error
        graph = args[0] if args else kwargs["G"]
        if graph.snapshot:
            return by_networkx(name, args, kwargs)
        raise NotImplementedError(str(error))

    return answered


def by_networkx(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """What networkx's own function answers about copies of our graphs.

    Raises:
        NetworkXError: it would change a graph; snapshots cannot be changed.
    """
    dispatch = networkx_functions()[name]
    while not hasattr(dispatch, "_will_call_mutate_input"):  # decorators lie around some
        dispatch = dispatch.__wrapped__
    if dispatch._will_call_mutate_input(args, kwargs):
        raise nx.NetworkXError(
            f"{name} changes its graph, and a snapshot cannot be changed; "
            "give it a copy: nx.DiGraph(graph) or nx.Graph(graph)"
        )
    return dispatch.orig_func(*map(_copied, args), **{k: _copied(v) for k, v in kwargs.items()})


def networkx_functions() -> Mapping[str, Any]:
    """Every function that networkx dispatches, by the name backends know it by."""
    found: Mapping[str, Any] = nx.utils.backends._registered_algorithms  # type: ignore[attr-defined]
    return found


def _copied(value: Any) -> Any:
    if isinstance(value, NetworkGraph):
        return array_graph(value).as_networkx
    if isinstance(value, ArrayGraph):
        return value.as_networkx
    if type(value) in (list, tuple):
        return type(value)(map(_copied, value))
    return value
