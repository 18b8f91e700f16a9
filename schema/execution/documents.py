"""The documents that came: parsed, validated and costed once, kept within bounds."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from sys import getsizeof
from typing import TYPE_CHECKING, Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    parse,
    specified_rules,
    validate,
    visit,
)
from graphql.execution.collect_fields import FragmentDetails
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from graph.errors import DomainError
from schema.execution.aside import aside
from schema.execution.cost import Cost
from schema.execution.costing import Costs
from schema.execution.plain import Signatures, signatures

if TYPE_CHECKING:
    from schema.execution.plan import Plan, Unplannable

MAX_TOKENS = 20_000
"""Longest document, in tokens: 150,000 aliases held the event loop for 47 s."""

LONG = 4_000
"""From how many characters on a new document is read beside the event loop. To read takes some 10
microseconds a token, and where fragments and aliases abound, up to a second in all."""

MAX_DOCUMENTS = 2_000
"""Most documents kept."""

MAX_BYTES = 128_000_000
"""Most memory, roughly, that they and their plans take."""

LARGEST = MAX_BYTES // 16
"""Most memory of one; a larger one runs, but is not kept, or a few would push out all others."""

BYTES_OF_DOCUMENT = 14_000
BYTES_OF_TOKEN = 450
BYTES_OF_ERROR = 3_500
"""Memory of a document that was read, and for each of its tokens and errors; beside this its text,
twice if it is one long string (tracemalloc: 330 to 446 a token, 3,400 an error)."""

RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)
"""What a document must fulfil: the specification's rules, and strawberry's own."""

TOO_DEEP = "the document is nested too deeply; ask for less at once"


class PersistedQueryNotFound(DomainError):
    """No document of that hash is kept; clients know code and message, and send the text."""

    code = "PERSISTED_QUERY_NOT_FOUND"


Switches = tuple[object, ...]
"""Values of the variables that stand in @skip and @include."""


@dataclass(slots=True, eq=False)
class Operation:
    """One operation of a document.

    Attributes:
        node: its syntax.
        document: the document it stands in.
        fragments: the document's fragments by name, as graphql-core collects fields from them.
        switches: names of the variables in @skip and @include, which shape the plan.
        cost: what it may bring; None if the document is not valid.
        in_parts: whether the document has @defer or @stream.
        plans: by the values of those; why there is none where graphql-core must run it.
        plain: its variables, if all are; None where graphql-core must read their values.
    """

    node: OperationDefinitionNode
    document: DocumentNode
    fragments: dict[str, FragmentDetails]
    switches: tuple[str, ...]
    cost: Cost | None = None
    in_parts: bool = False
    plans: dict[Switches, Plan | Unplannable] = field(default_factory=dict)
    plain: Signatures | None = None

    @property
    def definitions(self) -> dict[str, FragmentDefinitionNode]:
        """The document's fragments by name."""
        return {name: fragment.definition for name, fragment in self.fragments.items()}


@dataclass(slots=True, eq=False)
class Document:
    """A document, or what is wrong with it.

    Attributes:
        text: as it came.
        sha256: of the text, in hexadecimal digits; empty if it has none.
        operations: by name; one without a name under "".
        errors: why it cannot be run.
        bytes: its memory, roughly, with its plans.
    """

    text: str
    operations: dict[str, Operation]
    errors: Sequence[GraphQLError]
    bytes: int
    sha256: str = ""

    def operation(self, name: str | None) -> Operation:
        """The operation of that name, the only one if none is given.

        Raises:
            GraphQLError: there is none, or no name was given and there are several.
        """
        if name is not None:
            if name in self.operations:
                return self.operations[name]
            raise GraphQLError(f"Unknown operation named '{name}'.")
        if len(self.operations) == 1:
            return next(iter(self.operations.values()))
        raise GraphQLError(
            "Must provide operation name if query contains multiple operations."
            if self.operations
            else "Must provide an operation."
        )


class Documents:
    """The documents last asked for, by their text or its SHA-256.

    Attributes:
        bytes: memory of all, roughly.
        largest: most memory of one.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        count: int = MAX_DOCUMENTS,
        size: int = MAX_BYTES,
        largest: int = LARGEST,
    ) -> None:
        self._schema = schema
        self._costs = Costs(schema)
        self._count = count
        self._size = size
        self.largest = largest
        self._kept: dict[str, Document] = {}
        self._texts: dict[str, str] = {}
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, text: str) -> Document:
        """The document of that text."""
        found = self._kept.pop(text, None)
        return self._keep(self._read(text) if found is None else found)

    async def find(self, text: str) -> Document:
        """The same; a long one that is new is read beside the event loop."""
        if len(text) <= LONG or text in self._kept:
            return self.get(text)
        found = await aside(self._read, text)
        return self._keep(self._kept.pop(text, found))  # somebody may have asked meanwhile

    def text(self, sha256: str) -> str:
        """The text with that SHA-256.

        Raises:
            PersistedQueryNotFound: no document is kept whose text has it.
        """
        try:
            return self._texts[sha256]
        except KeyError:
            raise PersistedQueryNotFound("PersistedQueryNotFound") from None

    def charge(self, document: Document, size: int) -> None:
        """Takes note that a document grew by so many bytes."""
        document.bytes += size
        if self._kept.get(document.text) is document:
            self.bytes += size
            if document.bytes > self.largest:
                self._forget(document)
            self._bound()

    def _read(self, text: str) -> Document:
        try:
            syntax = parse(text, max_tokens=MAX_TOKENS)
            errors = validate(self._schema, syntax, RULES)
            operations = _operations(self._schema, syntax)
            if not errors:
                for operation in operations.values():
                    operation.cost = self._costs.make(operation.node, operation.definitions)
        except GraphQLError as error:
            return _wrong(text, error.with_traceback(None))  # which would hold the parser's work
        except RecursionError:
            return _wrong(text, GraphQLError(TOO_DEEP))
        size = memory(text, _tokens(syntax), len(errors))
        return Document(text, operations, errors, size)

    def _keep(self, document: Document) -> Document:
        text = document.text
        if not document.sha256:
            if document.bytes > self.largest:
                return document
            document.sha256 = sha256(text)
            self._texts[document.sha256] = text
            self.bytes += document.bytes
        self._kept[text] = document  # the last is the one that goes last
        self._bound()
        return document

    def _bound(self) -> None:
        while len(self._kept) > self._count or (self.bytes > self._size and self._kept):
            self._forget(next(iter(self._kept.values())))

    def _forget(self, document: Document) -> None:
        del self._kept[document.text]
        del self._texts[document.sha256]
        self.bytes -= document.bytes


def sha256(text: str) -> str:
    """The SHA-256 of a text's UTF-8, in hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def memory(text: str, tokens: int, errors: int = 0) -> int:
    """Bytes that a document of that text takes, roughly, with what was read from it."""
    read = BYTES_OF_TOKEN * tokens + BYTES_OF_ERROR * errors
    return BYTES_OF_DOCUMENT + 2 * getsizeof(text) + read


def _tokens(document: DocumentNode) -> int:
    """The number of its tokens, comments among them: all of them are kept."""
    number, token = 0, document.loc.start_token if document.loc else None
    while token is not None:
        number, token = number + 1, token.next
    return number


def _wrong(text: str, error: GraphQLError) -> Document:
    return Document(text, {}, [error], memory(text, 0, 1))


def _operations(schema: GraphQLSchema, document: DocumentNode) -> dict[str, Operation]:
    parts = document.definitions
    fragments = {
        part.name.value: FragmentDetails(part)
        for part in parts
        if isinstance(part, FragmentDefinitionNode)
    }
    found = _Directives()
    visit(document, found)
    variables = tuple(found.variables)
    return {
        part.name.value if part.name else "": Operation(
            part,
            document,
            fragments,
            variables,
            in_parts=found.in_parts,
            plain=signatures(schema, part.variable_definitions or ()),
        )
        for part in parts
        if isinstance(part, OperationDefinitionNode)
    }


class _Directives(Visitor):
    """Collects the variables in directives, and whether there is @defer or @stream."""

    def __init__(self) -> None:
        super().__init__()
        self.variables: dict[str, None] = {}
        self.in_parts = False

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        self.in_parts |= node.name.value in ("defer", "stream")
        for argument in node.arguments or ():
            if isinstance(argument.value, VariableNode):
                self.variables[argument.value.name.value] = None
