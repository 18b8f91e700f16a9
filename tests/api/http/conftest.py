"""What tests of answers that go on share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.api.serving import until

if TYPE_CHECKING:
    from tests.api.http.test_sockets import World


@pytest.fixture
async def all_left(world: World) -> None:
    """The clients of the test before, who count until the server sees that they left."""
    await until(lambda: world.open == 0)
