from __future__ import annotations

from pathlib import Path

import pytest

from graph.errors import BadInput
from graph.importing.mapping import FileSpec
from graph.importing.reading import LONGEST_LINE, RowError, Table, find_files
from tests.graph.importing.conftest import Files


def table(folder: Path, name: str = "a.csv", **spec: object) -> Table:
    return Table(folder / name, FileSpec.model_validate(spec))


def rows(found: Table) -> list[tuple[int, list[str] | str]]:
    return [
        (r.line, str(r.cells) if isinstance(r.cells, RowError) else r.cells) for r in found.rows()
    ]


def test_rows_have_the_line_on_which_they_begin(files: Files) -> None:
    folder = files({"a.csv": 'a,b\r\n1,"two\nlines"\n\n3,4\n'})

    assert rows(table(folder)) == [(2, ["1", "two\nlines"]), (5, ["3", "4"])]


def test_a_byte_order_mark_is_no_part_of_the_first_column(files: Files) -> None:
    assert table(files({"a.csv": b"\xef\xbb\xbfa,b\n"})).columns == ("a", "b")


def test_a_file_in_another_encoding_is_read_when_named(files: Files) -> None:
    folder = files({"a.csv": "姓名,城市\n王小明,北京\n".encode("gb18030")})

    found = table(folder, encoding="gb18030")

    assert (found.columns, rows(found)) == (("姓名", "城市"), [(2, ["王小明", "北京"])])


def test_a_file_in_a_wrong_encoding_is_refused_with_a_likely_one(files: Files) -> None:
    folder = files({"a.csv": "姓名,城市\n王小明,北京\n".encode("gb18030")})

    with pytest.raises(BadInput, match=r'a\.csv is not utf-8.*encoding = "gb18030"\?'):
        table(folder)


def test_one_line_in_a_wrong_encoding_is_told_and_the_rest_read(files: Files) -> None:
    folder = files({"a.csv": b"a,b\n1,2\n\xff,2\n3,4\n"})

    assert rows(table(folder)) == [
        (2, ["1", "2"]),
        (
            3,
            "byte 0xFF at position 0 is not utf-8; "
            "save the file in that encoding, or name its own in the mapping",
        ),
        (4, ["3", "4"]),
    ]


@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n\x1a\n\x00\x00", b"PK\x03\x04rest", b"a,b\n1,\x00\n"]
)
def test_a_binary_file_is_refused(files: Files, content: bytes) -> None:
    with pytest.raises(BadInput, match=r"a\.csv is no text file: byte 0x"):
        table(files({"a.csv": content}))


def test_a_nul_byte_far_into_a_file_is_told_with_its_line(files: Files) -> None:
    lines = b"1,2\n" * 20_000
    folder = files({"a.csv": b"a,b\n" + lines + b"1,\x00\n3,4\n"})

    (wrong,) = [r for r in table(folder).rows() if isinstance(r.cells, RowError)]

    assert (wrong.line, str(wrong.cells)) == (
        20_002,
        "there is a NUL byte at position 2; remove it",
    )


def test_an_endless_line_is_told_and_the_next_read(files: Files) -> None:
    folder = files({"a.csv": "a,b\n" + "x" * 3 * LONGEST_LINE + "\n3,4\n"})

    assert rows(table(folder)) == [
        (2, "the line is longer than 1,000,000 bytes; shorten it"),
        (3, ["3", "4"]),
    ]


def test_a_huge_field_is_told(files: Files) -> None:
    folder = files({"a.csv": f"a,b\n1,{'x' * 200_000}\n3,4\n"})

    found = rows(table(folder))

    assert found[0][0] == 2
    assert str(found[0][1]).startswith("field larger than field limit")
    assert found[1] == (3, ["3", "4"])


def test_a_broken_last_line_is_told_with_the_column_it_lacks(files: Files) -> None:
    folder = files({"a.csv": "a,b,c\n1,2,3\n4,5"})

    (_, last) = table(folder).rows()

    assert isinstance(last.cells, RowError)
    assert (last.line, last.cells.column) == (3, "c")
    assert str(last.cells) == "the row ends before this column: 2 cells for 3 columns"


def test_an_open_quote_is_told(files: Files) -> None:
    folder = files({"a.csv": 'a,b\n1,"2\n'})

    assert rows(table(folder)) == [
        (2, "unexpected end of data; is a quote missing, or meant as text?")
    ]


def test_quotes_may_mean_nothing(files: Files) -> None:
    assert rows(table(files({"a.csv": 'a,b\n1,"2\n'}), quote="")) == [(2, ["1", '"2'])]


@pytest.mark.parametrize(
    ("surplus", "expected"),
    [
        ("reject", "3 cells for 2 columns; quote text that holds the delimiter"),
        ("ignore", ["1", "Pavlova"]),
        ("join", ["1", "Pavlova, Ltd."]),
    ],
)
def test_surplus_cells_are_rejected_ignored_or_joined(
    files: Files, surplus: str, expected: object
) -> None:
    folder = files({"a.csv": "a,b\n1,Pavlova, Ltd.\n"})

    assert rows(table(folder, surplus=surplus)) == [(2, expected)]


def test_surplus_cells_that_no_blank_marks_are_not_joined(files: Files) -> None:
    folder = files({"a.csv": "a,b\n1,2,3\n"})

    assert rows(table(folder, surplus="join")) == [
        (2, "3 cells for 2 columns; quote text that holds the delimiter")
    ]


def test_neo4j_admin_columns_are_called_by_name_or_role(files: Files) -> None:
    folder = files({"a.csv": "id:ID(Person)|:LABEL|:START_ID(Person)|name:STRING\n"})

    found = table(folder, delimiter="|", header="neo4j-admin")

    assert found.columns == ("id", ":LABEL", ":START_ID", "name")


def test_columns_may_be_set_apart_by_blanks(files: Files) -> None:
    folder = files({"a.csv": "  a   b\r\n 1\t 2\r\n"})

    assert rows(table(folder, delimiter="whitespace")) == [(2, ["1", "2"])]


def test_comments_are_left_out_and_a_headless_file_has_the_columns_given(files: Files) -> None:
    folder = files({"a.csv": "# about\n1,2\n# more\n3,4\n"})

    found = table(folder, header="none", columns=["a", "b"], comment="#")

    assert rows(found) == [(2, ["1", "2"]), (4, ["3", "4"])]


def test_a_column_that_is_not_there_is_refused_with_those_that_are(files: Files) -> None:
    with pytest.raises(BadInput, match=r"a\.csv has no column 'c'; it has a, b"):
        table(files({"a.csv": "a,b\n"})).position("c")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it has no header line"),
        (b"a,a\n", "two columns 'a'"),
        (b'a,"b\n', "unexpected end of data"),
    ],
)
def test_a_header_that_is_none_is_refused(files: Files, content: bytes, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        table(files({"a.csv": content}))


def test_wide_encodings_are_refused(files: Files) -> None:
    with pytest.raises(BadInput, match=r"utf-16 is not read line by line; save a\.csv"):
        table(files({"a.csv": "a,b\n".encode("utf-16")}), encoding="utf-16")


def test_a_missing_file_is_refused_with_what_is_there(files: Files) -> None:
    folder = files({"a.csv": "a\n"})

    with pytest.raises(BadInput, match=r"there is no file b\.csv in .*; there is a\.csv"):
        find_files(folder, ("b.csv",))
    with pytest.raises(BadInput, match=r"is not a folder"):
        find_files(folder / "no", ("b.csv",))
    with pytest.raises(BadInput, match=r"cannot be read: No such file"):
        table(folder, "b.csv")


def test_names_with_a_star_match_in_order(files: Files) -> None:
    folder = files({"b1.csv": "", "b2.csv": "", "a.csv": ""})

    found = find_files(folder, ("b*.csv", "a.csv", "b1.csv"))

    assert [p.name for p in found] == ["b1.csv", "b2.csv", "a.csv"]
