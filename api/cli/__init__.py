"""The command line: `renmai COMMAND`; each command calls what GraphQL calls."""

from __future__ import annotations

import os
import sys
from typing import TextIO

__all__ = ["main"]

INTERRUPTED = 130
"""Exit code after Ctrl-C: 128 and the number of SIGINT, as shells have it."""

BROKEN_PIPE = 141
"""Exit code when who read the output has gone: 128 and the number of SIGPIPE."""


def main() -> None:
    """Runs the command line; bad input ends with one clear line and exit code 2."""
    sys.stdout = sys.stdout or _nowhere()  # there is none where the caller has closed it
    sys.stderr = sys.stderr or _nowhere()
    try:
        code = _run()
    except KeyboardInterrupt:
        code = _end("interrupted", INTERRUPTED)
    sys.exit(code)


def _run() -> int:
    from api.cli.errors import Interrupted, error_line, must_be_text
    from graph.errors import DomainError

    try:
        must_be_text(sys.argv[1:])
        code = _command()
        sys.stdout.flush()
    except DomainError as error:
        return _end(error_line(error), 2)
    except Interrupted as error:
        return _end(f"interrupted; {error}", INTERRUPTED)
    except BrokenPipeError:
        _forget_output()
        return BROKEN_PIPE
    except OSError as error:
        _forget_output()
        return _end(error_line(error), 2)
    return code


def _command() -> int:
    """Runs the command that the arguments name; its exit code."""
    from typer.exceptions import TyperException

    from api.cli.commands import app
    from api.cli.errors import usage_line
    from api.cli.output import any_character

    any_character(sys.stdout, sys.stderr)
    try:
        # 130 also when typer saw Ctrl-C, which it keeps to itself
        code = int(app(prog_name="renmai", standalone_mode=False) or 0)
    except SystemExit as ended:
        if isinstance(ended.__context__, BrokenPipeError):  # typer would end with 1
            raise ended.__context__ from None
        raise
    except TyperException as error:
        line = usage_line(error)
        return _end(line, error.exit_code) if line else error.exit_code
    return _end("interrupted", code) if code == INTERRUPTED else code


def _end(line: str, code: int) -> int:
    sys.stderr.write(f"renmai: {line}\n")
    return code


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")


def _forget_output() -> None:
    """Lets what is still to be written to standard output go nowhere, without a word."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
