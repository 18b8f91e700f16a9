"""What a store is: the Protocols that SQLite and Neo4j fulfil, and the values they exchange."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from graph.errors import FieldProblem
from graph.model import NodeRef, Record
from graph.query import FindQuery, Hit, Page, RelatedQuery, Walk, Walked

MAX_CHANGES = 10_000
"""Most changes in one commit."""


class Mode(StrEnum):
    """Whether an upsert may create, update, or both."""

    UPSERT = "UPSERT"
    CREATE = "CREATE"
    UPDATE = "UPDATE"


@dataclass(frozen=True, slots=True)
class Stamps:
    """A record's history as another store wrote it, kept when its export is read in."""

    created_at: datetime
    updated_at: datetime
    revision: int


Step = Callable[[Any, Any], FieldProblem | None]
"""From a record as it was (None: it is new) and as it would be (None: gone): why it may not."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Edges that may stand against a change, looked at under the write lock.

    Attributes:
        kind: name of the edge.
        pairs: source and target of those looked at.
        rule: from such an edge, as it will be: why it stands against the change, or None.
    """

    kind: str
    pairs: frozenset[tuple[NodeRef, NodeRef]]
    rule: Callable[[Any], FieldProblem | None]


@dataclass(frozen=True, slots=True)
class Upsert:
    """Writes one record: absent values stay as they are, None clears.

    Attributes:
        kind: name of the record.
        key: its key.
        values: validated values by Python field name (`graph.inputs.validate`); for an edge also
            `source` and `target`, needed to create it, and if given to update it equal to its own.
        mode: whether it may be created, updated or both.
        expected_revision: the revision the caller has seen; another one is a conflict.
        stamps: taken instead of now and of the next revision, unless the record's own revision
            is as high already: a revision never names two states.
        step: a rule of the caller's about what the record becomes, asked under the write lock,
            also when nothing would change.
        add: whole numbers added to what the record has when its turn comes, so that no two
            changes take the same; by field name, below 0 = taken away.
        derived: further values, which follow from the moment or from what was read: a repetition
            under the same idempotency key may have others.
        bars: what else may stand against it.
    """

    kind: str
    key: str
    values: Mapping[str, Any]
    mode: Mode = Mode.UPSERT
    expected_revision: int | None = None
    stamps: Stamps | None = None
    step: Step | None = None
    add: Mapping[str, int] = field(default_factory=dict)
    derived: Mapping[str, Any] = field(default_factory=dict)
    bars: Sequence[Bar] = ()


@dataclass(frozen=True, slots=True)
class Delete:
    """Removes one record, with its edges and the records it owns; absent is no error.

    Attributes:
        kind, key: of the record.
        expected_revision: the revision the caller has seen; another one is a conflict.
        step: a rule about what is deleted, asked under the write lock with None as what it becomes.
        carried: such rules about what goes with it, by kind.
    """

    kind: str
    key: str
    expected_revision: int | None = None
    step: Step | None = None
    carried: Mapping[str, Step] = field(default_factory=dict)


Change = Upsert | Delete


class Action(StrEnum):
    """What became of a change."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    UNCHANGED = "UNCHANGED"
    DELETED = "DELETED"
    ABSENT = "ABSENT"  # to be deleted, but not there


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one change.

    Attributes:
        ref: the record.
        action: what happened.
        revision: its revision now; 0 when it is gone.
    """

    ref: NodeRef
    action: Action
    revision: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to a commit.

    Attributes:
        version: the tenant's version after it; reads that name it see its effects.
        outcomes: one for each change, in order.
        replayed: whether this is the first answer to the same idempotency key, given again.
    """

    version: int
    outcomes: tuple[Outcome, ...]
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class LoggedChange:
    """One record's change in the log.

    Attributes:
        action: CREATED, UPDATED or DELETED.
        ref: the record.
        ends: source and target of an edge.
        before: storage form of what was there: the changed fields' former values of an update,
            all values of a deleted record, nothing for a created one.
    """

    action: Action
    ref: NodeRef
    ends: tuple[NodeRef, NodeRef] | None = None
    before: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One commit in the log.

    Attributes:
        version: 1, 2, 3 ... without gaps, in the order in which commits took effect.
        at: when.
        actor: who.
        changes: every record it changed, those that went with a deleted one included.
    """

    version: int
    at: datetime
    actor: str
    changes: tuple[LoggedChange, ...]


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A record found by its words.

    Attributes:
        node: the record.
        score: 1.0 for the whole text, less for prefixes and parts; comparable across stores.
    """

    node: Record
    score: float


@dataclass(frozen=True, slots=True)
class Batch:
    """Some records of one kind, column by column, in storage form (`graph.model.codec`).

    Attributes:
        columns: values by column name, all of one length; lists as JSON text.
        size: that length.
    """

    columns: Mapping[str, Sequence[Any]]
    size: int


class TenantGraph(Protocol):
    """One tenant's graph: every read and write goes through it."""

    @property
    def tenant(self) -> str:
        """The tenant's id."""
        ...

    @property
    def walks(self) -> bool:
        """Whether a walk costs less than its levels one by one."""
        ...

    async def version(self) -> int:
        """Version of the newest commit; 0 before the first."""
        ...

    async def nodes(
        self, kind: str, keys: Sequence[str], fields: frozenset[str] | None = None
    ) -> Mapping[str, Record]:
        """Records of one kind (node or edge) by key; those that are not there are absent.

        Args:
            kind: name of the record.
            keys: theirs.
            fields: the attributes wanted of each (`graph.model.codec.wanted`); None = all.
        """
        ...

    async def records(
        self, refs: Sequence[NodeRef], fields: frozenset[str] | None = None
    ) -> Mapping[NodeRef, Record]:
        """Records of any kinds; those that are not there are absent."""
        ...

    async def find(self, query: FindQuery) -> Page[Record]:
        """A page of the records of one kind."""
        ...

    async def related(
        self, query: RelatedQuery, anchors: Sequence[NodeRef]
    ) -> Mapping[NodeRef, Page[Hit]]:
        """Pages of what a relation leads to, one for each anchor.

        The number of statements does not depend on the number of anchors. An anchor that is not
        there or has no members gets an empty page.

        Raises:
            BadInput: the query asks for what does not exist, or an anchor's kind does not have
                the relation.
        """
        ...

    async def counts(
        self, query: RelatedQuery, anchors: Sequence[NodeRef]
    ) -> Mapping[NodeRef, int]:
        """Sizes of what a relation leads to, one for each anchor, in one statement."""
        ...

    async def walk(self, walk: Walk, anchors: Sequence[NodeRef]) -> Walked:
        """What `related` gives for every level of a walk, from as few statements as there can be.

        Raises:
            BadInput: as `related`, for any of its levels.
        """
        ...

    async def search(self, text: str, kinds: Sequence[str], first: int) -> list[SearchHit]:
        """Records whose searchable words match, best first, ties by kind and key."""
        ...

    async def commit(
        self, changes: Sequence[Change], *, actor: str, idempotency_key: str | None = None
    ) -> Receipt:
        """Makes all changes or none, in one step, and appends them to the log.

        Each record may stand in at most one change. The order of the changes does not matter:
        an edge may come before the nodes it joins.

        Raises:
            CommitRejected: some changes were refused; it names each.
            Conflict: the idempotency key was used with other changes.
            BadInput: more than `MAX_CHANGES`.
            StoreUnavailable: the database did not answer, and nothing was written; the same
                commit may be tried again.
            Unconfirmed: it did not answer after it was told to commit; the same commit with the
                same idempotency key may be tried again.
            CancelledError: the caller was cancelled, and nothing was or will be written. A commit
                that has begun by then ends as if nobody had cancelled (`graph.settling`).
        """
        ...

    async def log(self, after: int, limit: int = 100) -> list[LogEntry]:
        """Commits with a version greater than `after`, oldest first, at most `limit`."""
        ...

    def scan(
        self, kind: str, columns: Sequence[str] | None = None, batch: int = 10_000
    ) -> AsyncIterator[Batch]:
        """All records of one kind in batches, in no promised order.

        Every record as of `version()` before the call is in it, possibly in a newer state.

        Args:
            kind: name of the record.
            columns: the columns wanted (`graph.model.codec.columns`); None = all.
            batch: records a batch at most.
        """
        ...


class Store(Protocol):
    """A database of many tenants."""

    def tenant(self, tenant_id: str) -> TenantGraph:
        """The graph of one tenant; a tenant exists from its first commit on.

        Raises:
            BadInput: not a tenant id (1-64 of a-z, 0-9, `_`, `-`, starting with a letter or digit).
        """
        ...

    async def tenants(self) -> list[str]:
        """Ids of the tenants that have data, sorted."""
        ...

    async def ready(self) -> None:
        """Returns when the database answers.

        Raises:
            StoreUnavailable: it does not.
        """
        ...

    async def close(self) -> None:
        """Ends all work and gives back every connection and lock."""
        ...
