"""What a mapping file may say: the files, and how their rows become records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Scalars = str | int | float | bool
Names = Annotated[
    tuple[str, ...],
    BeforeValidator(lambda v: (v,) if isinstance(v, str) else v),
    Field(strict=False),
]
"""One name or a list of them."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileSpec(_Part):
    """A file, or several of the same form.

    Attributes:
        name: file name, or several, below the imported folder; `*` stands for any text.
        delimiter: one character between cells, or "whitespace" for any run of blanks.
        encoding: name of the encoding, as Python knows it; a byte order mark is skipped.
        header: "names" (the first line names the columns), "neo4j-admin" (names with types, as in
            `id:ID(Person)`; the column is then called `id`, and one without a name `:START_ID`)
            or "none" (`columns` names them).
        columns: names of the columns of a file without header.
        quote: the quoting character; "" for files in which quotes mean nothing.
        comment: lines that begin with this text are left out.
        null: words that, like an empty cell, mean that there is no value.
        surplus: a row with more cells than columns: "reject" it, "ignore" the last cells, or
            "join" each cell that begins with a blank to the one before (unquoted commas in text).
    """

    name: Names = ()
    delimiter: str = ","
    encoding: str = "utf-8"
    header: Literal["names", "neo4j-admin", "none"] = "names"
    columns: tuple[str, ...] = ()
    quote: Annotated[str, Field(max_length=1)] = '"'
    comment: Annotated[str, Field(min_length=1)] | None = None
    null: tuple[str, ...] = ()
    surplus: Literal["reject", "ignore", "join"] = "reject"


class LookupSpec(_Part):
    """A second file, as a table from a key to a value.

    Attributes:
        file: name of a section under `files`.
        key: column or template by which a value is found.
        value: column or template of the value; the first row with a key counts.
        sum: instead of `value`: columns whose product is summed over all rows with the key.
        discount: column with the share (0 to 1) taken off each product.
        decimals: digits to which the sum is rounded, halves away from zero.
    """

    file: str
    key: str
    value: str | None = None
    sum: Names = ()
    discount: str | None = None
    decimals: Annotated[int, Field(ge=0, le=9)] = 2


class FieldSpec(_Part):
    """Where a field's value comes from and how it is written there.

    Attributes:
        column: the column it stands in.
        template: text with columns in braces: "{firstName} {lastName}".
        constant: the same value for every row.
        lookup: a section under `lookups` (or several, one after the other) that gives the value
            for the text of `column` or `template`.
        format: how the text is read; follows from the field if not said.
        pattern: of dates and times, as `strptime` knows it: "%d.%m.%Y".
        zone: time zone of times that carry none.
        decimals: of money: digits after the point; more are refused.
        decimal: the character between the whole and the fraction.
        multiply, at_least, at_most: a number is multiplied, then kept within the bounds.
        values: words in the file -> values of the field.
        otherwise: the value for a word that is not among `values`.
        split: text between the items of a list field.
        replace: texts replaced, in order.
        null: words that mean no value, beside those of the file.
        on_invalid: a value that is refused: "reject" the row, "drop" the value, or keep the text
            in the record's "custom" fields.
    """

    column: str | None = None
    template: str | None = None
    constant: Scalars | None = None
    lookup: Names = ()
    format: (
        Literal[
            "text",
            "integer",
            "number",
            "boolean",
            "date",
            "time",
            "epoch-seconds",
            "epoch-milliseconds",
            "money",
        ]
        | None
    ) = None
    pattern: str | None = None
    zone: str = "UTC"
    decimals: Annotated[int, Field(ge=0, le=9)] = 2
    decimal: Literal[".", ","] = "."
    multiply: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    values: Mapping[str, Scalars] | None = None
    otherwise: Scalars | None = None
    split: Annotated[str, Field(min_length=1)] | None = None
    replace: Mapping[str, str] = {}
    null: tuple[str, ...] = ()
    on_invalid: Literal["reject", "drop", "custom"] = "reject"

    @property
    def place(self) -> str:
        """The column or template, as a report names it."""
        return self.column or self.template or ""


def _field(given: Any) -> Any:
    """A bare text is a template if it has braces, else a column."""
    if isinstance(given, str):
        return {"template" if "{" in given else "column": given}
    return given


Fields = Mapping[str, Annotated[FieldSpec, BeforeValidator(_field)]]


class EndSpec(_Part):
    """One end of an edge: the record's kind, and a column or template of its key."""

    kind: str
    key: str


class RegionSpec(_Part):
    """The country of each row's phone numbers.

    Attributes:
        column: the column that tells the country.
        values: its words -> ISO 3166 codes; others mean the import's own region.
    """

    column: str
    values: Mapping[str, str] = {}


class RecordSpec(_Part):
    """One kind of record, made of each row of a file.

    Attributes:
        kind: name of the record.
        file: name of a section under `files`.
        key: column or template of the key; `{line}` is the row's line number.
        source, target: ends of an edge.
        fields: field -> column, template or table.
        custom: name of a custom field -> the same.
        where: column -> the word, or words, a row must have there to count.
        phone_region: the country of phone numbers, by row.
        keep: one row for each key, source or target: "first per key", "last per target" ...
        by: column by which first and last are told, as numbers if all are, else as text;
            order of the file if not said.
        acyclic: leaves out an edge that would close a circle (with `keep` per target).
    """

    kind: str
    file: str
    key: str
    source: EndSpec | None = None
    target: EndSpec | None = None
    fields: Fields = {}
    custom: Fields = {}
    where: Mapping[str, Names] = {}
    phone_region: RegionSpec | None = None
    keep: (
        Literal[
            "first per key",
            "first per source",
            "first per target",
            "last per key",
            "last per source",
            "last per target",
        ]
        | None
    ) = None
    by: str | None = None
    acyclic: bool = False


class TradesSpec(_Part):
    """Options of the TradeMaximizer reader.

    Attributes:
        name: the files.
        parties: "users" (each user is a contact with all the user's offers and needs) or
            "lists" (each want list is a customer of its own, the account of its user).
    """

    name: Names = ("*.txt",)
    parties: Literal["users", "lists"] = "users"


class ImportMapping(_Part):
    """A whole mapping.

    Attributes:
        about: what is read and what was decided, for people.
        format: "tables" (all the rest of this), "renmai" (our own export) or "trademaximizer".
        region: country of phone numbers written without a country code.
        defaults: what every file has in common.
        files, lookups, records: the parts of "tables".
        trades: options of "trademaximizer".
    """

    about: str = ""
    format: Literal["tables", "renmai", "trademaximizer"] = "tables"
    region: str | None = None
    defaults: FileSpec = FileSpec()
    files: Mapping[str, FileSpec] = {}
    lookups: Mapping[str, LookupSpec] = {}
    records: tuple[RecordSpec, ...] = ()
    trades: TradesSpec = TradesSpec()

    def file(self, name: str) -> FileSpec:
        """A file's form: what its section says over the defaults."""
        given = self.files[name]
        return self.defaults.model_copy(
            update={setting: getattr(given, setting) for setting in given.model_fields_set}
        )
