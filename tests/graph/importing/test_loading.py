from __future__ import annotations

from pathlib import Path

import pytest

from graph.errors import BadInput
from graph.importing import load_mapping
from tests.graph.importing.conftest import Files

GOOD = """
[files]
people.name = "people.csv"
[[records]]
kind = "Contact"
file = "people"
key = "{id}"
[records.fields]
name = "name"
"""
TIE = """
[files]
people.name = "people.csv"
[[records]]
kind = "Tie"
file = "people"
key = "{id}"
source = { kind = "Contact", key = "{id}" }
target = { kind = "Contact", key = "{id}" }
[records.fields]
kind = { constant = "FRIEND" }
"""


def load(files: Files, text: str) -> None:
    load_mapping(files({"m.toml": text}) / "m.toml")


@pytest.mark.parametrize("text", [GOOD, TIE])
def test_a_good_mapping_is_loaded(files: Files, text: str) -> None:
    load(files, text)


def test_files_take_over_what_the_defaults_say(files: Files) -> None:
    text = '[defaults]\ndelimiter = "|"\nnull = ["NULL"]\n' + GOOD + "[files.b]\n"
    path = files({"m.toml": text.replace("[files.b]\n", "")}) / "m.toml"

    found = load_mapping(path).file("people")

    assert (found.name, found.delimiter, found.null) == (("people.csv",), "|", ("NULL",))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("file =", "flie =", r"records\.0\.flie: there is no such setting; did you mean 'file'"),
        ("people.name", "people.nmae", r"files\.people\.nmae: .* did you mean 'name'"),
        ("[files]", "[flies]", r"flies: there is no such setting; did you mean 'files'"),
        ('name = "name"', 'name = { colum = "x" }', r"fields\.name\.colum: .* mean 'column'"),
        ("[files]", "[trades]\nparty = 1\n[files]", r"trades\.party: .* did you mean 'parties'"),
        ("[files]", "[lookups.a]\nfiel = 1\n[files]", r"lookups\.a\.fiel: .* mean 'file'"),
        ('"Contact"', '"Contakt"', r"records\.0\.kind: 'Contakt' is not known; .* 'Contact'"),
        ('file = "people"', 'file = "poeple"', r"records\.0\.file: .* did you mean 'people'"),
        ('name = "name"', 'nmae = "name"', r"'nmae' is not known; did you mean 'name'\?.*1 more"),
        ('name = "name"', 'sex = "sex"', r"records\.0\.fields: a Contact needs name; map it"),
        ('name = "name"', "name = {}", "give one of `column`, `template` and `constant`"),
        (
            'name = "name"',
            'name = "name"\nsex = { constant = "MALL" }',
            r"fields\.sex: 'MALL' is not known; did you mean 'MALE'",
        ),
        (
            'name = "name"',
            'name = "name"\nsex = { column = "s", values = { f = "WOMAN" } }',
            "'WOMAN' is not known; there are FEMALE, MALE, OTHER",
        ),
        (
            'name = "name"',
            'name = { column = "n", lookup = "names" }',
            r"fields\.name\.lookup: 'names' is not known; there are ",
        ),
        ('key = "{id}"', 'key = "{id}"\nby = "n"', r"records\.0\.by: goes with `keep`"),
        ('key = "{id}"', 'key = "{id}"\nacyclic = true', r"acyclic: goes with an edge"),
        (
            'key = "{id}"',
            'key = "{id}"\nsource = { kind = "Contact", key = "x" }',
            "a Contact is no edge; it has no source",
        ),
        ("people.name = ", "people.encoding = ", r"files\.people: give the file's `name`"),
        ("[files]", '[defaults]\ndelimiter = "||"\n[files]', r"delimiter: one character, or"),
        ("[files]", '[defaults]\nheader = "none"\n[files]', r"columns: goes with header"),
        ("[files]", '[defaults]\nencoding = "utf-9"\n[files]', "'utf-9' is no encoding"),
        (
            "[files]",
            '[lookups.a]\nfile = "b"\nkey = "c"\n[files]',
            r"lookups\.a\.file: 'b' is not known; .*1 more",
        ),
        ("[files]", "[files", "is not a TOML file"),
        ('key = "{id}"', "key = 1", r"records\.0\.key: input should be a valid string"),
    ],
)
def test_a_slip_is_told_with_its_place_and_the_nearest_word(
    files: Files, old: str, new: str, message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        load(files, GOOD.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('target = { kind = "Contact", key = "{id}" }\n', "", r"a Tie is an edge; give target"),
        ('target = { kind = "Contact"', 'target = { kind = "Good"', r"target\.kind: 'Good' is not"),
        ('key = "{id}" }', 'kee = "{id}" }', r"source\.kee: .* did you mean 'key'"),
        ("[records.fields]", "[records.custom]\na = 'b'\n[records.fields]", "a Tie is an edge; it"),
        (
            'kind = { constant = "FRIEND" }',
            'kind = { constant = "FRIEND" }\nsince = { column = "a", on_invalid = "custom" }',
            "a Tie has no custom fields; use drop or reject",
        ),
        (
            "[records.fields]",
            "phone_region = { colunm = 'b' }\n[records.fields]",
            r"phone_region\.colunm: .* did you mean 'column'",
        ),
    ],
)
def test_a_slip_in_an_edge_is_told(files: Files, old: str, new: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        load(files, TIE.replace(old, new, 1))


def test_an_empty_mapping_is_refused(files: Files) -> None:
    with pytest.raises(BadInput, match=r"a mapping needs at least one \[\[records\]\] section"):
        load(files, "")


def test_a_mapping_that_is_not_there_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no mapping 'nortwind'; did you mean 'northwind'"):
        load_mapping("nortwind")
    with pytest.raises(BadInput, match=r"there is no file .*none\.toml"):
        load_mapping(tmp_path / "none.toml")
