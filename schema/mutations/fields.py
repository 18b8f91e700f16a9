"""The fields of Mutation, some for each record."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from strawberry.types.field import StrawberryField

from graph.model import RecordInfo, edge_records, node_records
from graph.store import Mode
from schema.declare import argument
from schema.mutations import trading
from schema.mutations.changes import Values
from schema.mutations.inputs import DeletionInput, batch_input, creation_input, update_input
from schema.mutations.payloads import DeletionPayload, Payload, batch_payload, single_payload
from schema.mutations.running import delete, write
from schema.mutations.verbs import lower, many, one, verbs
from schema.names import words
from schema.relation import Call
from schema.root import root_field

ONCE = "idempotencyKey"


def fields() -> list[StrawberryField]:
    """The mutations of every record."""
    made = []
    for info in (*node_records(), *edge_records()):
        if info.guarded:
            continue
        made.append(_write_many(info))
        if verbs(info).one:
            made.append(_write_one(info))
        if any(info.mutable_fields()):
            made.append(_update(info))
        made.append(_delete(info))
    return made + trading.fields()


def _write_many(info: RecordInfo) -> StrawberryField:
    name = lower(many(info))
    title = verbs(info).write.title() + many(info)

    async def write_many(call: Call, *, input: Values) -> Payload:
        mode = input.get("mode") or Mode.UPSERT
        return await write(call, info, input[name], input.get(ONCE), mode=mode, shows=name)

    return _mutation(
        info,
        title,
        write_many,
        batch_input(info, title),
        batch_payload(info, title),
        f"Creates {words(info.plural)}, or changes those whose key is there: all or none.",
    )


def _write_one(info: RecordInfo) -> StrawberryField:
    title = verbs(info).write.title() + one(info)
    resolve = _of_one(info, Mode.UPSERT)
    taken, given = creation_input(info, title), single_payload(info, title)
    says = f"Creates one of the {words(info.plural)}, or changes the one whose key is there."
    return _mutation(info, title, resolve, taken, given, says)


def _update(info: RecordInfo) -> StrawberryField:
    title = f"Update{one(info)}"
    resolve = _of_one(info, Mode.UPDATE)
    taken, given = update_input(info, title), single_payload(info, title)
    says = f"Changes one of the {words(info.plural)}."
    return _mutation(info, title, resolve, taken, given, says)


def _of_one(info: RecordInfo, mode: Mode) -> Callable[..., Awaitable[Payload]]:
    async def write_one(call: Call, *, input: Values) -> Payload:
        shows = lower(one(info))
        return await write(call, info, [input], input.get(ONCE), mode=mode, shows=shows)

    return write_one


def _delete(info: RecordInfo) -> StrawberryField:
    title = verbs(info).remove.title() + many(info)

    async def delete_many(call: Call, *, input: Values) -> Payload:
        return await delete(call, info, input["items"], input.get(ONCE))

    goes = "" if info.ends else ", with their edges and what they own"
    says = f"Deletes {words(info.plural)}{goes}: all or none; what is not there is no error."
    return _mutation(info, title, delete_many, DeletionInput, DeletionPayload, says)


def _mutation(
    info: RecordInfo,
    title: str,
    resolve: Callable[..., Awaitable[Payload]],
    taken: Any,
    given: Any,
    says: str,
) -> StrawberryField:
    return root_field(
        lower(title),
        resolve,
        given | None,
        permission=f"write:{info.plural}",
        description=says,
        arguments=[argument("input", taken, "What to do.", required=True)],
    )
