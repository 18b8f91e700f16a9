"""The examples for analysts in docs/analytics.md run as they stand there."""

from __future__ import annotations

import doctest
import re
import shlex
import sys
from pathlib import Path

import networkx as nx
import pytest

from api.cli import main
from referral.measures.registry import measures

PAGE = Path(__file__).parents[3] / "docs" / "analytics.md"
SECTION = PAGE.read_text("utf-8").partition("\n## For analysts\n")[2].partition("\n## ")[0]


def test_the_python_examples_give_what_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nx.config, "warnings_to_ignore", set())
    blocks = "\n".join(re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL))
    example = doctest.DocTestParser().get_doctest(blocks, {}, "analytics.md", str(PAGE), 0)

    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example)

    assert result.failed == 0
    assert result.attempted >= 8


@pytest.mark.parametrize(
    "line", re.search(r"```sh\n(.*?)```", SECTION, re.DOTALL)[1].strip().splitlines()  # type: ignore[index]
)  # fmt: skip
def test_the_commands_run(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "source,target,times\nann,bob,1\nbob,cai,2\ncai,ann,1\ncai,dee,4\n"
    for name in ("edges.csv", "edges.csv.gz"):
        Path(name).write_text(text)
    monkeypatch.setattr(sys, "argv", shlex.split(line))

    with pytest.raises(SystemExit) as ended:
        main()

    assert not ended.value.code, capsys.readouterr().err
    assert capsys.readouterr().out


def test_every_measure_stands_in_the_table() -> None:
    rows = [line.split("|")[1] for line in SECTION.splitlines() if line.startswith("| ")]
    named = {word for row in rows for word in re.findall(r"[a-z][a-z0-9-]+", row)} - {"measure"}

    assert named == set(measures())
