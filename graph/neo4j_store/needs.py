"""Answers to what a commit needs to know, each in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from graph.commit import Between, Found, Need
from graph.model import RECORDS, NodeRef, Record, RecordInfo, edge_records
from graph.model.codec import decoder
from graph.neo4j_store.connection import Transaction, run
from graph.neo4j_store.names import camel, entity_type, keyed, loaded, pattern, projection


@dataclass(slots=True)
class _Parts:
    """The parts of one statement, each giving one list."""

    texts: list[str] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)

    def add(self, values: Iterable[object], text: str) -> str:
        """Adds a part that runs for each `value`; returns the name of its list."""
        name = f"x{len(self.texts)}"
        self.parameters[name] = list(values)
        self.texts.append(f"CALL () {{ UNWIND ${name} AS value {text} AS {name} }}")
        return name

    async def answers(self, transaction: Transaction, tenant: str) -> dict[str, list[Any]]:
        """The lists by name."""
        if not self.texts:
            return {}
        text = f"{' '.join(self.texts)} RETURN {', '.join(self.parameters)}"
        lists = await run(transaction, text, {**self.parameters, "tenant": tenant})
        return dict(zip(self.parameters, lists, strict=True))


async def answer(need: Need, transaction: Transaction, tenant: str) -> Found:
    """What the database holds of what is needed."""
    parts = _Parts()
    whole = {parts.add(keys, _whole(info)): info for info, keys in _by_kind(need.records)}
    exist = {parts.add(keys, _existing(info)): info for info, keys in _by_kind(need.exist)}
    attached: dict[str, RecordInfo] = {}
    for info, keys in _by_kind(need.attached):
        for holder, text in _attached(info):
            attached[parts.add(keys, text)] = holder
    claims: dict[str, list[str]] = {}
    for kind, text in sorted(need.claims):
        claims.setdefault(kind, []).append(text)
    held = {parts.add(texts, _held(RECORDS[kind])): kind for kind, texts in claims.items()}
    joined: dict[str, RecordInfo] = {}
    for (kind, source, target), pairs in _pairs(need.between).items():
        info = RECORDS[kind]
        joined[parts.add(pairs, _joined(info, source, target))] = info
    lists = await parts.answers(transaction, tenant)
    records = [record for name, info in whole.items() for record in _records(info, lists[name])]
    hanging = [record for name, info in attached.items() for record in _records(info, lists[name])]
    return Found(
        records={record.ref: record for record in records},
        exist=frozenset(NodeRef(i.name, key) for name, i in exist.items() for key in lists[name]),
        attached=tuple({record.ref: record for record in hanging}.values()),
        holders={(kind, c): key for name, kind in held.items() for c, key in lists[name]},
        between=[edge for name, info in joined.items() for edge in _records(info, lists[name])],
    )


def _pairs(wanted: Iterable[Between]) -> dict[tuple[str, str, str], list[list[str]]]:
    """Keys of sources and targets, by kind of edge, of source and of target."""
    keys: dict[tuple[str, str, str], list[list[str]]] = {}
    for kind, source, target in sorted(wanted):
        keys.setdefault((kind, source.kind, target.kind), []).append([source.key, target.key])
    return keys


def _joined(info: RecordInfo, source: str, target: str) -> str:
    """Edges of a kind from one record to another."""
    one = keyed(RECORDS[source], "a", "value[0]")
    other = keyed(RECORDS[target], "b", "value[1]")
    return f"MATCH {one}-[n:{entity_type(info)}]->{other} {_collected(info)}"


def _by_kind(refs: Iterable[NodeRef]) -> list[tuple[RecordInfo, list[str]]]:
    keys: dict[str, list[str]] = {}
    for ref in refs:
        keys.setdefault(ref.kind, []).append(ref.key)
    # in one order, so that the same kinds make the same statement
    return [(RECORDS[kind], keys[kind]) for kind in sorted(keys)]


def _records(info: RecordInfo, rows: Sequence[Sequence[Any]]) -> Iterable[Record]:
    return map(decoder(info.name), rows)


def _whole(info: RecordInfo) -> str:
    return f"MATCH {keyed(info, 'n', 'value')} {_collected(info)}"


def _collected(info: RecordInfo) -> str:
    return f"WITH {', '.join(loaded((info,), 'n'))} RETURN collect({projection(info.name, 'n')})"


def _existing(info: RecordInfo) -> str:
    return f"MATCH {keyed(info, 'n', 'value')} RETURN collect(n.key)"


def _held(info: RecordInfo) -> str:
    holder = pattern(info, "n", " {tenantId: $tenant, claim: value}")
    return f"MATCH {holder} RETURN collect([n.claim, n.key])"


def _attached(info: RecordInfo) -> list[tuple[RecordInfo, str]]:
    """What can hang on a record of that kind: the kind, and the text that finds it."""
    found = []
    for edge in edge_records():
        if info.ends is None and edge.ends and info.name in edge.ends.sources + edge.ends.targets:
            found.append(
                (
                    edge,
                    f"MATCH {keyed(info, 'a', 'value')}-[n:{entity_type(edge)}]-() "
                    f"WITH DISTINCT n {_collected(edge)}",
                )
            )
    for holder in RECORDS.values():
        for f in holder.fields.values():
            if f.ref is not None and f.ref.kind == info.name:
                named = pattern(holder, "n", f" {{tenantId: $tenant, {camel(f.name)}: value}}")
                found.append((holder, f"MATCH {named} {_collected(holder)}"))
    return found
