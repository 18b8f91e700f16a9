"""What went wrong, in one line: what, where and the remedy."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence

import typer
from pydantic import ValidationError
from typer.exceptions import TyperException

from graph.errors import BadInput, DomainError, shown

LONGEST_LINE = 2_000
"""Characters of a message; more would hide where it begins."""


class Interrupted(Exception):
    """Ctrl-C stopped a command; the message tells what that left behind."""


def must_be_text(arguments: Sequence[str]) -> None:
    """Refuses arguments that are no text.

    Raises:
        BadInput: one is not encoded as the terminal's text is.
    """
    for place, argument in enumerate(arguments, 1):
        if any("\ud800" <= character <= "\udfff" for character in argument):
            raise BadInput(
                f"argument {place}, {shown(argument)}, is not UTF-8 text; write it in UTF-8, "
                "and rename the file or folder if it is one"
            )


def error_line(error: DomainError | OSError) -> str:
    """An error's message, in one line of characters that a terminal can show."""
    text = str(error) if isinstance(error, DomainError) else _refused(error)
    return _one_line(text)


def usage_line(error: TyperException) -> str:
    """What is wrong with the command line; empty where its help has been shown instead."""
    text = error.format_message()
    if not text.strip():
        return ""
    cause = error.__cause__
    if isinstance(error, typer.BadParameter) and isinstance(cause, ValidationError):
        text = _wrong_value(error, cause)
    if text[1:2].islower():
        text = text[0].lower() + text[1:]
    text = text.rstrip().removesuffix(".")
    if number := re.fullmatch(r"no such option: (-[0-9.]+)", text):
        text = f"{number[1]} is read as an option; give a number from 0, or -- before a name"
    separator = " " if text.endswith("?") else "; "
    return _one_line(f"{text}{separator}see `{_command(error)} --help`")


def _command(error: TyperException) -> str:
    """The command that is wrongly used; typer does not always tell."""
    context = getattr(error, "ctx", None)
    if context is not None:
        return str(context.command_path)
    named = sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else ""
    return f"renmai {named}".rstrip()


def _wrong_value(error: typer.BadParameter, cause: ValidationError) -> str:
    problem = cause.errors(include_url=False)[0]
    hint = error.param.get_error_hint().replace("'", "") if error.param else "value"
    message = problem["msg"].removeprefix("Value error, ").partition(", unable to ")[0]
    reason = message.replace("Input should be", "it must be")
    value = shown(problem["input"])
    return f"{hint}: {reason}" if value in reason else f"{hint} {value}: {reason}"


def _refused(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else "standard input or output: "
    return f"{where}{error.strerror or error}; check the disk and the rights on it"


def _one_line(text: str) -> str:
    line = "".join(c if c.isprintable() else " " for c in " ".join(text.split()))
    return line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}..."
