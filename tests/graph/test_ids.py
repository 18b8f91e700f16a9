import time
import uuid

import pytest

from graph.errors import BadInput
from graph.ids import from_global_id, global_id, new_key
from graph.model import NodeRef


def test_a_new_key_is_a_uuid_of_version_7() -> None:
    made = uuid.UUID(new_key())

    assert made.version == 7
    assert made.variant == uuid.RFC_4122


def test_a_key_made_in_a_later_millisecond_sorts_later() -> None:
    first = new_key()
    time.sleep(0.002)
    second = new_key()

    assert first < second


def test_new_keys_differ() -> None:
    assert len({new_key() for _ in range(10_000)}) == 10_000


@pytest.mark.parametrize("key", ["c1", "a:b", "王小明", " ", "k" * 128, "𠮷"])
def test_a_global_id_names_its_record(key: str) -> None:
    ref = NodeRef("Customer", key)

    assert from_global_id(global_id(ref)) == ref


def test_the_global_id_is_relays_base64_of_kind_and_key_without_padding() -> None:
    assert global_id(NodeRef("Good", "g1")) == "R29vZDpnMQ"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "!",
        "王",
        "\ud800",
        "R29vZDo",  # Good: without a key
        "R29vZA",  # Good without a colon
        "Tm9zdWNoOjE",  # Nosuch:1
        "/////w",  # not base64 for URLs
        "_____w",  # not UTF-8
        "R29vZDpnM",  # cut off
        "R29vZDpnMQ\n",
    ],
)
def test_what_is_no_id_is_refused_with_the_remedy(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        from_global_id(text)

    assert str(refused.value) == f"{text!r} is not an id; take it from an `id` field of an answer"
