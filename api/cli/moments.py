"""Times as people type them."""

from __future__ import annotations

from datetime import UTC, datetime

from graph.errors import BadInput, shown

FORMS = "2026-01-31, 2026-01-31T08:00 (both UTC) or 2026-01-31T08:00+08:00"


def moment(option: str, text: str) -> datetime:
    """The point in time that a text names, in UTC: a day is its beginning.

    Args:
        option: the option it was given to, for the message.
        text: a day, or a time with or without its offset; without one it is UTC.

    Raises:
        BadInput: it is no time.
    """
    try:
        found = datetime.fromisoformat(text.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadInput(f"{option} {shown(text)} is no time; write {FORMS}") from error
