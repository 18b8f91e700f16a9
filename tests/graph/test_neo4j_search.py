"""The words of the full-text index, and what it is asked."""

from __future__ import annotations

from graph.neo4j_store.search import index_query, index_text


def words(*terms: str) -> set[str]:
    return set(index_text("acme", "Contact", terms).split(" "))


def test_all_runs_of_one_to_three_characters_are_words() -> None:
    assert words("小 明") == {
        "@acme",
        "#Contact",
        *("小", "明", "小明"),  # parts
        *("^小", "^小明"),  # the beginning
        "~明",  # a later word's beginning
        "=小明",  # the whole
    }


def test_a_phone_number_has_no_short_words() -> None:
    assert words("+86 1380") == {
        "@acme",
        "#Contact",
        *("861", "613", "138", "380"),
        *("^861", "~138", "=861380"),
    }


def test_a_term_the_analyzer_would_cut_has_no_whole_word() -> None:
    assert "=" + "a" * 101 not in words("a" * 101)
    assert "=" + "a" * 100 in words("a" * 100)


def test_all_grams_of_a_query_are_needed_and_beginnings_are_better() -> None:
    assert index_query("acme", ["Contact", "Staff"], "wang") == (
        '+"@acme" +("#Contact" "#Staff") +"wan" +"ang" "=wang"^10000 "^wan"^1000 "~wan"^100'
    )


def test_a_query_shorter_than_a_gram_is_one_word() -> None:
    assert index_query("acme", ["Contact"], "王").startswith('+"@acme" +("#Contact") +"王" ')
