"""What records are called in Neo4j, and the Cypher that reads them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from graph.model import RecordInfo
from graph.model.codec import ENDS, columns


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


@cache
def projection(info_name: str, variable: str, wanted: tuple[str, ...] | None = None) -> str:
    """A list of a record's stored values, in the order of `codec.columns` or as wanted."""
    from graph.model import record_info

    info = record_info(info_name)
    names = columns(info) if wanted is None else wanted
    return f"[{', '.join(column(info, variable, name) for name in names)}]"


def column(info: RecordInfo, variable: str, name: str) -> str:
    """The expression of one stored value of a record."""
    if info.ends is None or name not in ENDS:
        return f"{variable}.{camel(name)}"
    side, _, part = name.partition("_")
    end = f"{'startNode' if side == 'source' else 'endNode'}({variable})"
    kinds = info.ends.sources if side == "source" else info.ends.targets
    return kind_of(end, kinds) if part == "kind" else f"{end}.key"


def kind_of(node: str, kinds: Sequence[str]) -> str:
    """The expression of a node's kind; labels that others gave it are passed over."""
    if len(kinds) == 1:
        return f"'{kinds[0]}'"
    known = ", ".join(f"'{kind}'" for kind in kinds)
    return f"head([label IN labels({node}) WHERE label IN [{known}]])"
