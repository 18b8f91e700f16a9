"""JSON of pages that stay in memory: made once for each place of a plan that shows them.

What a level without others below it shows of a page follows from the page and the plan alone. A
page that the record cache keeps is the same object until something that it depends on changes, so
its JSON is kept with it (in `Page.made`, which the record cache puts there) and goes when it goes.
The level's call is made all the same, so what is answered is as new, and as permitted, as without.
Only good values are kept: what an error or a wrong value has touched is completed anew each time.
"""

from __future__ import annotations

import orjson

from schema.connection import Connection
from schema.execution.complete import Part
from schema.execution.plan import Level

BYTES_OBJECT = 33
"""What Python adds to the JSON itself."""


def show(level: Level, part: Part) -> Part:
    """Puts the JSON that is ready into its slots; what is left to complete."""
    number, key = level.number, level.key
    left = []
    for at, result in enumerate(part.results):
        if result.__class__ is Connection and (made := result.page.made) is not None:
            ready = made.by.get(number)
            if ready is not None:
                part.slots[at][key] = ready
                continue
        left.append(at)
    return part if len(left) == len(part.results) else part.at(left)


def keep(level: Level, part: Part) -> None:
    """Keeps the JSON of what has just been completed, and shows it."""
    number, key = level.number, level.key
    for result, slot in zip(part.results, part.slots, strict=True):
        if result.__class__ is Connection and (made := result.page.made) is not None:
            try:
                text = orjson.dumps(slot[key])
            except orjson.JSONEncodeError:
                continue  # whoever writes the answer will say so
            text = bytes(memoryview(text))  # a copy: orjson's own holds a buffer of 4 kB or more
            slot[key] = orjson.Fragment(text)
            made.keep(number, slot[key], len(text) + BYTES_OBJECT)
