import base64

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import BadInput
from graph.query import (
    And,
    Compare,
    Op,
    Order,
    Page,
    Window,
    conjunction,
    decode_cursor,
    encode_cursor,
)

NAME = (Order("name"),)
VALUES = (
    st.none()
    | st.text()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
)


def test_a_window_shows_the_first_twenty_unless_told() -> None:
    window = Window()

    assert (window.first, window.size, window.backward) == (20, 20, False)


def test_a_window_from_the_end_is_backward() -> None:
    window = Window(first=None, last=3)

    assert (window.size, window.backward) == (3, True)


@pytest.mark.parametrize("size", [0, 1, 1_000])
def test_a_window_holds_up_to_a_thousand(size: int) -> None:
    assert Window(first=size).size == size
    assert Window(first=None, last=size).size == size


@pytest.mark.parametrize("name", ["first", "last"])
@pytest.mark.parametrize("size", [-1, 1_001])
def test_a_window_of_another_size_is_refused(name: str, size: int) -> None:
    with pytest.raises(BadInput, match=rf"^{name} is {size}; it may be from 0 to 1,000$"):
        Window(first=size) if name == "first" else Window(first=None, last=size)


@pytest.mark.parametrize(("first", "last"), [(1, 1), (None, None), (0, 0)])
def test_a_window_is_taken_from_one_side(first: int | None, last: int | None) -> None:
    with pytest.raises(
        BadInput, match=r"^give either `first` or `last`, not both and not neither$"
    ):
        Window(first=first, last=last)


@given(st.lists(VALUES, max_size=3), st.text())
def test_a_cursor_stands_for_its_position(values: list[object], key: str) -> None:
    order = tuple(Order(f"f{n}") for n in range(len(values)))
    position = (*values, key)

    assert decode_cursor(encode_cursor(position, order), order) == position


@given(st.lists(VALUES, max_size=3), st.text())
def test_a_cursor_is_safe_in_a_url(values: list[object], key: str) -> None:
    text = encode_cursor((*values, key), tuple(Order(f"f{n}") for n in range(len(values))))

    assert all(c.isascii() and (c.isalnum() or c in "-_") for c in text)


@pytest.mark.parametrize(
    "other",
    [
        (),
        (Order("region"),),
        (Order("name", descending=True),),
        (Order("name", count=True),),
        (Order("name", on_node=True),),
        (Order("name"), Order("region")),
    ],
)
def test_a_cursor_of_another_order_is_refused(other: tuple[Order, ...]) -> None:
    text = encode_cursor(("王", "k"), NAME)

    with pytest.raises(BadInput) as refused:
        decode_cursor(text, other)

    assert str(refused.value) == (
        f"'{text}' is not a cursor of this order; "
        "take it from `cursor` or `pageInfo` of an answer with the same orderBy"
    )


def forged(values: object) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


MARK = orjson.loads(base64.urlsafe_b64decode(encode_cursor(("a", "k"), NAME) + "=="))[0]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "!",
        "王",
        "\ud800",
        "A",
        "x" * 10_000_000,
        forged(None),
        forged({}),
        forged([MARK]),
        forged([MARK, "a"]),
        forged([MARK, "a", 1]),
        forged([MARK, "a", None]),
        forged([MARK, ["a"], "k"]),
        forged([MARK, {"a": 1}, "k"]),
        forged([MARK, 2**63, "k"]),
        forged([MARK, "a", "b", "k"]),
        forged(["a", "k"]),
    ],
    ids=range(17),
)
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="is not a cursor of this order"):
        decode_cursor(text, NAME)


@given(st.text(max_size=40) | st.binary(max_size=40).map(lambda b: base64.b64encode(b).decode()))
def test_no_text_but_a_cursor_is_taken_for_one(text: str) -> None:
    with pytest.raises(BadInput):
        decode_cursor(text, NAME)


def test_a_page_gives_a_cursor_for_each_item_in_its_order() -> None:
    page = Page(("x", "y"), (("a", "k1"), (None, "k2")), order=NAME)

    assert [decode_cursor(c, NAME) for c in page.cursors] == [("a", "k1"), (None, "k2")]


def test_a_conjunction_holds_what_is_given_and_no_more() -> None:
    one, two = Compare("name", Op.EQ, "a"), Compare("name", Op.EQ, "b")

    assert conjunction() is None
    assert conjunction(None, None) is None
    assert conjunction(None, one) is one
    assert conjunction(one, None, two) == And((one, two))
