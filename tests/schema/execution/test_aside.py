from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from schema.build import build_schema
from schema.context import Context
from schema.execution import documents, executor
from schema.execution.aside import aside, many
from schema.execution.executor import Executor


@pytest.fixture
def runner() -> Executor:
    return build_schema().executor


@pytest.fixture
def context() -> Context:
    nothing: Any = None  # is read
    return Context(nothing)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ({}, 1),
        ({"a": 1}, 2),
        ({"a": [1, 2, {"b": None}]}, 6),
        ([[[]]], 3),
        ("text", 1),
    ],
)
def test_values_in_lists_and_objects_count_each(value: Any, number: int) -> None:
    assert not many(value, number)
    assert many(value, number - 1)


async def test_who_is_cancelled_does_not_wait_for_the_work() -> None:
    go = threading.Event()
    work = asyncio.create_task(aside(go.wait))
    await asyncio.sleep(0.01)

    work.cancel()

    with pytest.raises(asyncio.CancelledError):
        await work
    go.set()


def threads_of(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> list[str]:
    """The names of the threads in which a function of a module is called, from now on."""
    made, found = getattr(module, name), []

    def noted(*given: Any) -> Any:
        found.append(threading.current_thread().name)
        return made(*given)

    monkeypatch.setattr(module, name, noted)
    return found


async def test_a_long_new_document_is_read_beside_the_loop(
    runner: Executor, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = threads_of(monkeypatch, documents, "validate")
    fields = " ".join(f"a{n}: __typename" for n in range(1_000))

    work = asyncio.create_task(runner.execute(f"{{ {fields} }}", None, context))
    turns = 0
    while not work.done():
        await asyncio.sleep(0)
        turns += 1

    assert (await work).errors is None
    assert (await runner.execute(f"{{ {fields} }}", None, context)).errors is None
    await runner.execute("{ __typename }", None, context)
    assert [name.split("_")[0] for name in names] == ["documents", threading.main_thread().name]
    assert turns > 3


async def test_long_documents_that_come_together_are_one(runner: Executor) -> None:
    text = "{ " + " ".join(f"a{n}: __typename" for n in range(500)) + " }"

    first, second = await asyncio.gather(runner.documents.find(text), runner.documents.find(text))

    assert first is second is runner.documents.get(text)
    assert len(runner.documents) == 1
    assert runner.documents.bytes == first.bytes


async def test_many_values_of_variables_are_read_beside_the_loop(
    runner: Executor, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = threads_of(monkeypatch, executor, "get_variable_values")
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"

    many_ids = await runner.execute(query, {"ids": ["x"] * 6_000}, context)
    few_ids = await runner.execute(query, {"ids": ["x"] * 2}, context)

    assert many_ids.errors is not None
    assert few_ids.errors is not None
    assert [name.split("_")[0] for name in names] == ["documents", threading.main_thread().name]
