"""The command line: `renmai COMMAND`; each command calls what GraphQL calls."""

from __future__ import annotations

import sys

from graph.errors import DomainError

__all__ = ["main"]


def main() -> None:
    """Runs the command line; bad input ends with one clear line and exit code 2."""
    from api.cli.commands import app

    try:
        app(prog_name="renmai")
    except DomainError as error:
        sys.stderr.write(f"renmai: {error}\n")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.stderr.write("renmai: interrupted\n")
        sys.exit(130)
