"""What the caller is told when there can be no server."""

from __future__ import annotations


class ServerError(Exception):
    """No server, and why; the message names the remedy."""
