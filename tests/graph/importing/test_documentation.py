"""The example of docs/importing.md, as it stands there."""

from __future__ import annotations

import json
import re
from pathlib import Path

from graph.importing import import_folder
from graph.store import TenantGraph

PAGE = Path(__file__).parents[3] / "docs" / "importing.md"


async def test_the_example_of_the_page_does_what_the_page_says(
    tmp_path: Path, target: TenantGraph
) -> None:
    blocks = re.findall(r"```\w+ (\S+)\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    named = dict(blocks)
    folder = tmp_path / "shop"
    folder.mkdir()
    for name in ("people.csv", "orders.csv", "shop.toml"):
        (folder / name).write_text(named[name], "utf-8")

    report = await import_folder(folder / "shop.toml", folder, target)

    counts = {p.kind: [p.written, p.rejected] for p in report.parts}
    assert counts == json.loads(named["report"])
    assert [(r.file, r.line) for r in report.rejections] == [("orders.csv", 5)]
    contacts = await target.nodes("Contact", ["person-1", "person-2", "person-3"])
    assert contacts["person-1"].phones == ("+8613800138000",)  # type: ignore[attr-defined]
    assert contacts["person-3"].custom == {  # type: ignore[attr-defined]
        "known_since": "2020",
        "phones": "call first",
    }
