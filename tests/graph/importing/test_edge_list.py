from __future__ import annotations

import gzip
import os
import threading
from pathlib import Path

import numpy as np
import pytest

from graph.errors import BadInput
from graph.importing import edge_list, number_list, text_lines
from graph.importing.edge_list import Columns, EdgeList, read_edge_list


def read(folder: Path, text: str | bytes, **columns: str | bool | None) -> EdgeList:
    file = folder / "edges.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_edge_list(file, Columns(**columns))  # type: ignore[arg-type]


def pairs(found: EdgeList) -> list[tuple[str, str]]:
    ends = zip(found.source.tolist(), found.target.tolist(), strict=True)
    return [(found.labels[a], found.labels[b]) for a, b in ends]


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("a,b\nb,c\n", "no header, columns 1 -> 2, separated by ','"),
        ("a;b\nb;c", "no header, columns 1 -> 2, separated by ';'"),
        ("a\tb\r\nb\tc\r\n", "no header, columns 1 -> 2, separated by tabs"),
        ("# x\n\na  b\n% y\nb c\n", "no header, columns 1 -> 2, separated by spaces"),
        ("source,target\na,b\nb,c\n", "a header, columns source -> target, separated by ','"),
        ("at,To,From\n1,b,a\n2,c,b\n", "a header, columns From -> To, separated by ','"),
        ("one,two,at\na,b,1\nb,c,2\n", "a header, columns one -> two, separated by ','"),
        ('\ufeff"a", "b"\n"b","c"\n', "no header, columns 1 -> 2, separated by ','"),
    ],
)  # fmt: skip
def test_the_form_of_the_file_is_told_from_the_file(tmp_path: Path, text: str, note: str) -> None:
    found = read(tmp_path, text)

    assert pairs(found) == [("a", "b"), ("b", "c")]
    assert found.note == note
    assert found.weights is None


def test_columns_are_chosen_by_name_or_number(tmp_path: Path) -> None:
    text = "id,who,whom,strength\n1,a,b,2\n2,b,c,0.5\n"

    named = read(tmp_path, text, source="who", target="whom", weight="strength")
    numbered = read(tmp_path, text, source="3", target="2", weight="4")
    plain = read(tmp_path, "1,7\n7,2\n", source="2", target="1", header=False)

    assert pairs(named) == [("a", "b"), ("b", "c")]
    assert named.weights is not None
    assert named.weights.tolist() == [2.0, 0.5]
    assert pairs(numbered) == [("b", "a"), ("c", "b")]
    assert pairs(plain) == [("7", "1"), ("2", "7")]


def test_a_header_may_be_said_to_be_there_or_not(tmp_path: Path) -> None:
    assert pairs(read(tmp_path, "a,b\nb,c\n", header=True)) == [("b", "c")]
    assert len(pairs(read(tmp_path, "source,target\na,b\n", header=False))) == 2


def test_names_stay_as_they_are_written(tmp_path: Path) -> None:
    found = read(tmp_path, f"007,7\n{2**31},{10**40}\n1.0, 张伟\n")

    assert found.labels == ["007", "7", str(2**31), str(10**40), "1.0", "张伟"]


def test_a_file_may_be_compressed(tmp_path: Path) -> None:
    assert pairs(read(tmp_path, gzip.compress(b"a,b\nb,c\n"))) == [("a", "b"), ("b", "c")]


def test_a_large_file_is_read_in_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(number_list, "BLOCK", 1000)
    file = tmp_path / "edges.csv"
    file.write_text("from,to\n" + "".join(f"{i},{i + 1}\n" for i in range(2000)))
    told: list[tuple[int, int | None]] = []

    found = read_edge_list(file, advance=lambda done, total: told.append((done, total)))

    assert pairs(found) == [(str(i), str(i + 1)) for i in range(2000)]
    assert told[-1] == (file.stat().st_size, file.stat().st_size)
    assert len(told) > 10


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "\n   \n"])
def test_an_empty_file_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadInput, match=r"edges\.csv is empty; give a line with two nodes"):
        read(tmp_path, text)


def test_a_header_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="has a header but no edge; give a line for each edge"):
        read(tmp_path, "source,target\n")


@pytest.mark.parametrize(
    ("text", "columns", "message"),
    [
        (
            "a,b\nb,c,d\n",
            {"delimiter": ","},
            "line 2: 3 columns where the first line has 2; mend the line, "
            "or quote text that holds the delimiter",
        ),
        ("a,b\n\nb\n", {"delimiter": ","}, "line 3: 1 column where the first line has 2"),
        ("a,b\nb, \n", {}, "line 2: column 2 is empty; name a node there"),
        (
            "a,b,w\nb,c,1\nc,d,much\n",
            {"weight": "w"},
            "line 3: the weight 'much' is no number; mend it, or name another --weight",
        ),
        (
            "a,b,3\nb,c,-1\n",
            {"weight": "3"},
            "line 2: the weight '-1' is below 0 or no finite number; weights are from 0",
        ),
        ("a,b,3\nb,c,nan\n", {"weight": "3"}, "line 2: the weight 'nan' is below 0 or no finite"),
        ('a,b\n"b,c\n', {"delimiter": ","}, "line 2: unexpected end of data; is a quote missing"),
        ("a,b\n", {"source": "who"}, " has no column 'who'; it has 2 columns, and line 1 is "
         "'a, b'; where that is no header, give a number: 1 to 2"),
        ("a,b,3\nb,c,4\n", {"weight": "w"}, " has no column 'w'; it has 3 columns, and line 1 is "
         "'a, b, 3'; where that is no header, give a number: 1 to 3"),
        ("from,to\na,b\n", {"source": "who"}, " no column 'who'; it has 2 columns: 'from, to'"),
        ("a,b\n", {"source": "who", "header": True}, " it has 2 columns: 'a, b'"),
        ("a,b\n", {"source": "who", "header": False},
         " has no column 'who'; it has 2 columns and no header, so give a number: 1 to 2"),
        ("a,b\n", {"target": "3"}, " has no column 3; it has 2 columns and no header, so give"),
        ("a,b\n", {"target": "0"}, " has no column 0; it has 2 columns"),
        ("a\nb\n", {}, " column and no header, so give a number: 1; is the delimiter another?"),
        ("a,b\n", {"target": "1"}, "column 1 of edges.csv cannot be both ends of an edge"),
    ],
)  # fmt: skip
def test_a_wrong_line_or_column_is_told_with_the_remedy(
    tmp_path: Path, text: str, columns: dict[str, str | bool | None], message: str
) -> None:
    with pytest.raises(BadInput) as refused:
        read(tmp_path, text, **columns)

    assert message in str(refused.value)
    assert "edges.csv" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a,b\n\x00\x01\x02", "is no text file: byte 0x00 at position 4; export it as CSV"),
        (b"PAR1\x15\x04", "is Parquet; give plain text, or compress it with gzip"),
        (b"PK\x03\x04 and more", "is a zip archive or a spreadsheet"),
        (b"a,b\nb,\xd5\xc5\n", "line 2: byte 0xD5 is not UTF-8; save the file as UTF-8"),
        (b"\x1f\x8b\x08 torn", "cannot be read"),
        (gzip.compress(b"a,b\n" * 1000)[:-20], "cannot be read"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(BadInput) as refused:
        read(tmp_path, content)

    assert message in str(refused.value)


def test_a_line_of_megabytes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_lines, "BLOCK", 100)

    with pytest.raises(BadInput, match="line 2: it has over 100 bytes; is it a CSV file"):
        read(tmp_path, "a,b\n" + "x" * 500)


def test_more_nodes_than_ids_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge_list, "MOST_NODES", 3)

    assert len(read(tmp_path, "a,b\nb,c\n").labels) == 3
    with pytest.raises(BadInput, match="names more than 3 nodes; take a part of it"):
        read(tmp_path, "a,b\nc,d\n")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read: No such file or directory"):
        read_edge_list(tmp_path / "none.csv")
    with pytest.raises(BadInput, match="cannot be read: Is a directory"):
        read_edge_list(tmp_path)


@pytest.mark.parametrize("scale", [1, 1_000_003])
def test_plain_numbers_are_read_as_names_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scale: int
) -> None:
    monkeypatch.setattr(number_list, "BLOCK", 500)
    draw = np.random.default_rng(scale).integers(0, 90, (800, 2)) * scale
    rows = "".join(f"{a},x,{b}\n" for a, b in draw.tolist())
    for text, header in ((f"from,at,to\n{rows}", True), (rows.rstrip("\n"), False)):
        file = tmp_path / "edges.csv"
        file.write_text(text)
        columns = Columns(source="1", target="3", header=header)
        reader = edge_list._Reader(file, columns, file.open("rb"), lambda *_: None)

        fast = reader._read_numbers()

        with reader.raw:
            slow = reader._read_names()
        assert fast is not None
        assert fast.labels == slow.labels
        assert fast.source.tolist() == slow.source.tolist()
        assert fast.target.tolist() == slow.target.tolist()
        assert pairs(fast) == [(str(a), str(b)) for a, b in draw.tolist()]


@pytest.mark.parametrize(
    "text",
    [
        "1,2\n3,x\n",
        "1,2\n03,4\n",
        "1,2\n3,-4\n",
        "1,2\n\n3,4\n",
        "1,2\n3,4\n# the end\n",
        '1,2\n"3",4\n',
        "1,2\r\n3,4\r\n",
        "1,2\n3,1234567890123456789\n",
    ],
)
def test_what_is_no_plain_number_is_read_as_a_name(tmp_path: Path, text: str) -> None:
    found = read(tmp_path, text)

    assert len(pairs(found)) == 2
    assert pairs(found)[0] == ("1", "2")


@pytest.mark.parametrize("text", ["a,b\nb,c\n", "1,2\n2,3\n"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_pipe_is_read_as_a_file_is(
    tmp_path: Path, text: str, packed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = gzip.compress(text.encode()) if packed else text.encode()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    monkeypatch.setattr(edge_list, "SPOOLED", 4)  # so that it goes to a file
    writer = threading.Thread(target=pipe.write_bytes, args=(body,))
    writer.start()

    found = read_edge_list(pipe)

    writer.join()
    assert pairs(found) == pairs(read(tmp_path, text))
