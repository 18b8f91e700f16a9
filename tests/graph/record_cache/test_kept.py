"""The bound on memory, and what is kept of pages beside them."""

from __future__ import annotations

from typing import Any

from graph.query import Page
from graph.record_cache.kept import ENTRY_BYTES, MADE_BYTES, MOST_MADE, Entry, Kept, Tables


def put(kept: Kept, shelf: Tables, key: str, value: Any = None, size: int = 0) -> Entry:
    entry = Entry(shelf, ("t", key), value, (), size)
    kept.put(entry)
    return entry


def page() -> Page[Any]:
    return Page((), ())


def test_what_was_not_asked_for_the_longest_goes_first() -> None:
    kept, shelf = Kept(3 * ENTRY_BYTES), Tables()
    for key in "abc":
        put(kept, shelf, key)
    kept.used(shelf.tables["t"]["a"])

    put(kept, shelf, "d")

    assert sorted(map(str, shelf.tables["t"])) == ["a", "c", "d"]


def test_a_turn_ends_when_a_64th_of_the_memory_was_filled_anew() -> None:
    kept, shelf = Kept(64 * 2 * ENTRY_BYTES), Tables()

    turns = [put(kept, shelf, str(i)).turn for i in range(4)]

    assert turns == [0, 0, 1, 1]
    kept.used(shelf.tables["t"]["0"])
    assert shelf.tables["t"]["0"].turn == kept.turn == 1


def test_what_is_made_of_a_page_counts_and_goes_with_it() -> None:
    kept, shelf, shown = Kept(10_000), Tables(), page()
    entry = put(kept, shelf, "a", shown, 50)
    made = shown.made
    assert made is not None

    made.keep(7, b"text", 200)

    assert made.by == {7: b"text"}
    assert kept.bytes == entry.bytes + 200 + MADE_BYTES
    kept.drop(entry)
    assert (made.by, kept.bytes) == ({}, 0)
    made.keep(8, b"late", 200)
    assert (made.by, kept.bytes) == ({}, 0)


def test_only_pages_have_something_made_of_them() -> None:
    kept, shelf = Kept(10_000), Tables()

    assert put(kept, shelf, "a", 7).made is None
    assert page().made is None


def test_what_is_made_lets_others_go() -> None:
    kept, shelf, shown = Kept(3 * ENTRY_BYTES), Tables(), page()
    put(kept, shelf, "old")
    put(kept, shelf, "page", shown)
    assert shown.made is not None

    shown.made.keep(1, b"", 2 * ENTRY_BYTES - MADE_BYTES)

    assert list(shelf.tables["t"]) == ["page"]
    assert kept.bytes == 3 * ENTRY_BYTES


def test_what_is_larger_than_the_memory_goes_with_its_page() -> None:
    kept, shelf, shown = Kept(3 * ENTRY_BYTES), Tables(), page()
    put(kept, shelf, "page", shown)
    assert shown.made is not None

    shown.made.keep(1, b"", 4 * ENTRY_BYTES)

    assert (shelf.tables, kept.bytes, shown.made.by) == ({}, 0, {})


def test_only_a_few_places_of_a_page_are_kept() -> None:
    kept, shelf, shown = Kept(100_000), Tables(), page()
    entry = put(kept, shelf, "page", shown)
    assert shown.made is not None

    for place in range(MOST_MADE + 1):
        shown.made.keep(place, b"", 10)

    assert list(shown.made.by) == [MOST_MADE]
    assert kept.bytes == entry.bytes + 10 + MADE_BYTES
