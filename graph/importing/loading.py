"""Mapping files: the shipped ones and those given by path, checked against the records."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from graph.errors import BadInput, FieldProblem, shown
from graph.importing.mapping import (
    EndSpec,
    FieldSpec,
    FileSpec,
    ImportMapping,
    LookupSpec,
    RecordSpec,
    RegionSpec,
    TradesSpec,
)
from graph.model import RECORDS, RecordInfo, Scalar

SHIPPED = Path(__file__).parent.parent / "mappings"


def shipped_mappings() -> dict[str, str]:
    """Names of the mappings that come with renmai, each with what it is about."""
    return {path.stem: _parse(path).about for path in sorted(SHIPPED.glob("*.toml"))}


def load_mapping(mapping: ImportMapping | str | Path) -> ImportMapping:
    """A mapping by shipped name or by the path of a .toml file.

    Raises:
        BadInput: there is none of that name, or it says what makes no sense; names each place.
    """
    if isinstance(mapping, ImportMapping):
        loaded = mapping
    else:
        path = Path(mapping)
        if path.suffix != ".toml":
            path = SHIPPED / f"{mapping}.toml"
            if not path.is_file():
                names = [p.stem for p in sorted(SHIPPED.glob("*.toml"))]
                raise BadInput(
                    f"there is no mapping {shown(str(mapping))}; {_hint(str(mapping), names)}, "
                    "or give the path of a .toml file"
                )
        loaded = _parse(path)
    problems = list(_problems(loaded))
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        first = problems[0]
        raise BadInput(f"mapping, {first.field}: {first.message}{more}", problems)
    return loaded


def _parse(path: Path) -> ImportMapping:
    try:
        return ImportMapping.model_validate(tomllib.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        raise BadInput(f"there is no file {path}; give the path of a mapping") from None
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}; give a mapping's path") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} is not a TOML file: {error}") from error
    except ValidationError as error:
        problems = [
            FieldProblem(".".join(map(str, e["loc"])), _explained(e["type"], e["loc"], e["msg"]))
            # a misspelt setting first: it is why another one is missing
            for e in sorted(error.errors(include_url=False), key=lambda e: e["type"] == "missing")
        ]
        raise BadInput(f"{path}, {problems[0].field}: {problems[0].message}", problems) from error


def _explained(kind: str, place: tuple[int | str, ...], message: str) -> str:
    if kind != "extra_forbidden":
        return message[:1].lower() + message[1:]
    return f"there is no such setting; {_hint(str(place[-1]), _model_at(place).model_fields)}"


def _model_at(place: tuple[int | str, ...]) -> type[BaseModel]:
    """The part of a mapping in which a wrong setting stands."""
    if len(place) == 1:
        return ImportMapping
    if place[0] == "records" and len(place) > 3:
        parts: dict[Any, type[BaseModel]] = {
            "source": EndSpec,
            "target": EndSpec,
            "phone_region": RegionSpec,
        }
        return parts.get(place[2], FieldSpec)
    tops: dict[Any, type[BaseModel]] = {
        "records": RecordSpec,
        "lookups": LookupSpec,
        "trades": TradesSpec,
    }
    return tops.get(place[0], FileSpec)


def _hint(word: str, known: Iterable[str]) -> str:
    """The nearest known words, or all of them."""
    names = list(known)
    near = get_close_matches(word, names, n=1, cutoff=0.6)
    return f"did you mean {shown(near[0])}?" if near else f"there are {', '.join(names)}"


def _problems(mapping: ImportMapping) -> Iterable[FieldProblem]:
    """What contradicts the records or itself."""
    if mapping.format == "tables" and not mapping.records:
        yield FieldProblem("records", "a mapping needs at least one [[records]] section")
    for name in mapping.files:
        yield from _file_problems(f"files.{name}", mapping.file(name))
    for name, lookup in mapping.lookups.items():
        yield from _known(f"lookups.{name}.file", lookup.file, mapping.files)
        if (lookup.value is None) == (not lookup.sum):
            yield FieldProblem(f"lookups.{name}", "give either `value` or `sum`")
    for index, record in enumerate(mapping.records):
        yield from _record_problems(f"records.{index}", record, mapping)


def _known(place: str, word: str, known: Iterable[str]) -> Iterable[FieldProblem]:
    names = list(known)
    if word not in names:
        yield FieldProblem(place, f"{shown(word)} is not known; {_hint(word, names)}")


def _file_problems(place: str, spec: FileSpec) -> Iterable[FieldProblem]:
    if not spec.name:
        yield FieldProblem(place, 'give the file\'s `name`, for example name = "people.csv"')
    if len(spec.delimiter) != 1 and spec.delimiter != "whitespace":
        yield FieldProblem(f"{place}.delimiter", 'one character, or "whitespace"')
    if (spec.header == "none") != bool(spec.columns):
        yield FieldProblem(f"{place}.columns", 'goes with header = "none", and only with it')
    try:
        "".encode(spec.encoding)
    except LookupError:
        yield FieldProblem(
            f"{place}.encoding", f"{shown(spec.encoding)} is no encoding; try utf-8 or gb18030"
        )


def _record_problems(
    place: str, record: RecordSpec, mapping: ImportMapping
) -> Iterable[FieldProblem]:
    yield from _known(f"{place}.file", record.file, mapping.files)
    if record.kind not in RECORDS:
        yield from _known(f"{place}.kind", record.kind, RECORDS)
        return
    info = RECORDS[record.kind]
    fields = {f.name: f for f in info.input_fields()}
    for name in record.fields:
        yield from _known(f"{place}.fields.{name}", name, [n for n in fields if n != "custom"])
    for field in fields.values():
        if field.required and field.name not in record.fields:
            yield FieldProblem(f"{place}.fields", f"a {info.name} needs {field.name}; map it")
    if record.custom and "custom" not in fields:
        yield FieldProblem(f"{place}.custom", f"a {info.name} is an edge; it has no custom fields")
    for part, specs in (("fields", record.fields), ("custom", record.custom)):
        for name, spec in specs.items():
            yield from _field_problems(f"{place}.{part}.{name}", name, spec, info, mapping)
    yield from _end_problems(place, record, info)
    if record.acyclic and not (info.ends and (record.keep or "").endswith("target")):
        yield FieldProblem(f"{place}.acyclic", 'goes with an edge and keep = "first per target"')
    if record.by is not None and record.keep is None:
        yield FieldProblem(f"{place}.by", 'goes with `keep`, for example keep = "first per key"')


def _end_problems(place: str, record: RecordSpec, info: RecordInfo) -> Iterable[FieldProblem]:
    for name, end, kinds in (
        ("source", record.source, info.ends.sources if info.ends else ()),
        ("target", record.target, info.ends.targets if info.ends else ()),
    ):
        if info.ends is None and end is not None:
            yield FieldProblem(f"{place}.{name}", f"a {info.name} is no edge; it has no {name}")
        elif info.ends is not None and end is None:
            example = f'{{ kind = "{kinds[0]}", key = "..." }}'
            yield FieldProblem(place, f"a {info.name} is an edge; give {name} = {example}")
        elif end is not None:
            yield from _known(f"{place}.{name}.kind", end.kind, kinds)


def _field_problems(
    place: str, name: str, spec: FieldSpec, info: RecordInfo, mapping: ImportMapping
) -> Iterable[FieldProblem]:
    given = [w for w in ("column", "template", "constant") if getattr(spec, w) is not None]
    if len(given) != 1:
        yield FieldProblem(place, "give one of `column`, `template` and `constant`")
    for lookup in spec.lookup:
        yield from _known(f"{place}.lookup", lookup, mapping.lookups)
    if spec.on_invalid == "custom" and "custom" not in info.fields:
        yield FieldProblem(
            f"{place}.on_invalid", f"a {info.name} has no custom fields; use drop or reject"
        )
    field = info.fields.get(name) if not place.endswith(f"custom.{name}") else None
    if field is None or field.scalar is not Scalar.ENUM or field.enum is None:
        return
    words: Mapping[str, Any] = spec.values or {}
    for word in (*words.values(), spec.constant, spec.otherwise):
        if word is not None:
            yield from _known(place, str(word), [member.value for member in field.enum])
