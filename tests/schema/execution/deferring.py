"""Puts @defer into random queries, and the parts of their answers together again."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from graphql import (
    DirectiveNode,
    InlineFragmentNode,
    NameNode,
    SelectionSetNode,
    Visitor,
    parse,
    print_ast,
    visit,
)


class _Deferring(Visitor):
    def __init__(self, random: Random, share: float) -> None:
        super().__init__()
        self._random = random
        self._share = share
        self.number = 0

    def leave_selection_set(self, node: SelectionSetNode, *_: Any) -> SelectionSetNode | None:
        """Some of the selections in a fragment of their own that may come later."""
        chosen = [s for s in node.selections if self._random.random() < self._share]
        if not chosen or self._random.random() < 0.5:
            return None
        self.number += 1
        fragment = InlineFragmentNode(
            directives=(DirectiveNode(name=NameNode(value="defer"), arguments=()),),
            selection_set=SelectionSetNode(selections=tuple(chosen)),
        )
        kept = tuple(s for s in node.selections if not any(s is c for c in chosen))
        return SelectionSetNode(selections=(*kept, fragment))


def deferring(query: str, random: Random) -> str | None:
    """The query with some fields deferred; None where chance left it as it is."""
    visitor = _Deferring(random, share=0.4)
    made = print_ast(visit(parse(query), visitor))
    return made if visitor.number else None


def join(answer: dict[str, Any], part: Mapping[str, Any]) -> None:
    """Adds what a later part brings to the answer."""
    for item in part.get("incremental", ()):
        place: Any = answer
        for step in item["path"]:
            place = place[step]
        _merge(place, item["data"])


def _merge(old: Any, new: Any) -> None:
    for key, value in new.items():
        if isinstance(value, dict) and isinstance(old.get(key), dict):
            _merge(old[key], value)
        elif isinstance(value, list) and isinstance(old.get(key), list):
            for one, other in zip(old[key], value, strict=True):
                if isinstance(one, dict):
                    _merge(one, other)
        else:
            old[key] = value
