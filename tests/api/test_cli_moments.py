from __future__ import annotations

from datetime import UTC, datetime

import pytest

from api.cli.moments import moment
from graph.errors import BadInput


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        (" 2026-01-31 08:00 ", datetime(2026, 1, 31, 8, tzinfo=UTC)),
        ("2026-01-31T08:00+08:00", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31T08:00:00Z", datetime(2026, 1, 31, 8, tzinfo=UTC)),
    ],
)
def test_a_day_is_its_beginning_and_a_time_without_offset_is_utc(
    text: str, expected: datetime
) -> None:
    found = moment("--since", text)

    assert (found, found.tzinfo) == (expected, UTC)


@pytest.mark.parametrize("text", ["", "now", "1700000000", "2026-02-30", "9999-12-31T23:59-08:00"])
def test_what_is_no_time_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(BadInput, match=r"^--since '.*' is no time; write 2026-01-31, "):
        moment("--since", text)
