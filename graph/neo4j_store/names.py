"""What records are called in Neo4j, and the Cypher that reads them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from graph.model import RecordInfo, record_info
from graph.model.codec import ENDS, MOST_SELECTIONS, wanted


def camel(name: str) -> str:
    """A field's name as a property: lower camel case."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def entity_type(info: RecordInfo) -> str:
    """Label of a node record, relationship type of an edge record."""
    if info.ends is None:
        return info.name
    return re.sub(r"(?<!^)(?=[A-Z])", "_", info.name).upper()


def pattern(info: RecordInfo, variable: str, properties: str = "") -> str:
    """A pattern that binds a record of that kind."""
    inner = f"{variable}:{entity_type(info)}{properties}"
    return f"({inner})" if info.ends is None else f"()-[{inner}]->()"


def keyed(info: RecordInfo, variable: str, key: str) -> str:
    """A pattern that binds the tenant's record of that kind and key."""
    return pattern(info, variable, f" {{tenantId: $tenant, key: {key}}}")


FEW = 8
"""Most properties that are read one by one: of 8 the database reads either way alike, of 3 in
three quarters of the time that all of a contact take, of 20 in twice that."""


def loaded(
    kinds: Sequence[RecordInfo], variable: str, fields: frozenset[str] | None = None
) -> list[str]:
    """What to bind with WITH before `projection`: the record, or all its properties at once.

    Reading them one by one walks the record's chain of properties each time: 1,000 contacts and
    ties took twice as long.
    """
    read = {column for info in kinds for column in wanted(info.name, fields)}
    bound = [variable if len(read) <= FEW else f"properties({variable}) AS {variable}"]
    if kinds[0].ends is not None:
        for side, node in (("source", "startNode"), ("target", "endNode")):
            if f"{side}_key" in read:
                bound.append(f"{node}({variable}) AS {variable}{side.capitalize()}")
        return bound
    if len(kinds) == 1:
        return bound
    return [*bound, f"{kind_of(variable, [info.name for info in kinds])} AS {variable}Kind"]


@lru_cache(MOST_SELECTIONS)
def listed(kind: str, variable: str, names: tuple[str, ...]) -> str:
    """A list of a loaded record's stored values in those columns."""
    info = record_info(kind)
    return f"[{', '.join(_column(info, variable, name) for name in names)}]"


def projection(kind: str, variable: str, fields: frozenset[str] | None = None) -> str:
    """A list of a loaded record's stored values, as `codec.decoder` takes them."""
    return listed(kind, variable, wanted(kind, fields))


def projections(
    kinds: Sequence[RecordInfo], variable: str, fields: frozenset[str] | None = None
) -> str:
    """The `projection` of a loaded node of one of several kinds."""
    if len(kinds) == 1:
        return projection(kinds[0].name, variable, fields)
    cases = " ".join(f"WHEN '{i.name}' THEN {projection(i.name, variable, fields)}" for i in kinds)
    return f"CASE {variable}Kind {cases} END"


def _column(info: RecordInfo, variable: str, name: str) -> str:
    """The expression of one stored value of a loaded record."""
    if info.ends is None or name not in ENDS:
        return f"{variable}.{camel(name)}"
    return _of_end(info, name, f"{variable}{name.partition('_')[0].capitalize()}")


def end_column(info: RecordInfo, name: str, edge: str) -> str:
    """The expression of the kind or key of an edge's end, from the edge alone."""
    return _of_end(info, name, f"{'startNode' if name.startswith('source') else 'endNode'}({edge})")


def _of_end(info: RecordInfo, name: str, node: str) -> str:
    assert info.ends is not None
    side, _, part = name.partition("_")
    kinds = info.ends.sources if side == "source" else info.ends.targets
    return kind_of(node, kinds) if part == "kind" else f"{node}.key"


def kind_of(node: str, kinds: Sequence[str]) -> str:
    """The expression of a node's kind; labels that others gave it are passed over."""
    if len(kinds) == 1:
        return f"'{kinds[0]}'"
    known = ", ".join(f"'{kind}'" for kind in kinds)
    return f"head([label IN labels({node}) WHERE label IN [{known}]])"
