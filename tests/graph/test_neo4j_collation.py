"""Texts are less and greater by code point, whatever characters they hold."""

from __future__ import annotations

from itertools import product
from typing import Any
from urllib.parse import urlsplit

import pytest

from graph.neo4j_store.collation import compared
from graph.neo4j_store.connection import Connection

CHARACTERS = ["a", "王", "\ue000", "ﾮ", "𠮷", "\U0010ffff"]
TEXTS = ["".join(t) for n in range(4) for t in product(CHARACTERS, repeat=n)]
SIGNS = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


async def nothing(_connection: Connection) -> None:
    """Prepares nothing."""


@pytest.mark.parametrize("sign", SIGNS)
async def test_texts_are_compared_by_code_point(sign: str, neo4j_url: str) -> None:
    parts = urlsplit(neo4j_url)
    connection = Connection(
        f"bolt://{parts.hostname}:{parts.port}",
        parts.username or "",
        parts.password or "",
        database="neo4j",
        pool_size=1,
        connect_timeout_s=5.0,
        queue_timeout_s=10.0,
        retry_s=5.0,
        statement_timeout_s=60.0,
        prepare=nothing,
    )

    for value in [
        "王a",
        "ﾮ",
        "𠮷",
        "a\ue000",
        "\ue000𠮷",
        "𠮷ﾮ",
        "a𠮷a",
        "ﾮaﾮ",
        "𠮷𠮷𠮷",
        "ﾮ" * 200,
    ]:
        bound: dict[str, Any] = {}

        def bind(given: Any, bound: dict[str, Any] = bound) -> str:
            bound[f"p{len(bound)}"] = given
            return f"$p{len(bound) - 1}"

        condition = compared("text", sign, value, bind)
        (found,) = await connection.read(
            f"UNWIND $texts AS text WITH text WHERE {condition} RETURN collect(text)",
            {"texts": TEXTS, **bound},
        )

        assert found == [text for text in TEXTS if SIGNS[sign](text, value)]
    await connection.close()


def test_a_text_without_high_characters_is_compared_as_it_is() -> None:
    assert compared("n.name", ">", "王", lambda _value: "$p0") == "n.name > $p0"
    assert compared("n.at", "<=", 5, lambda _value: "$p0") == "n.at <= $p0"
