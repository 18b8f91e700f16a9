"""Breaks the executor one way at a time; the comparison with graphql-core must see each.

`python -m tests.schema.execution.mutants [QUERIES [NAME]]` works on a copy, in a temporary folder,
with all of them or with those whose name has that in it. A mutant is seen where the comparison
says that answers differ; a run that ends otherwise has failed, which says nothing of the mutant.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from referral.kernels.warming import warm as warm_kernels
from referral.trades.warming import warm as warm_trades
from tests.schema.execution.differential import DIFFERENT

ROOT = Path(__file__).parents[3]
LAYERS = ("graph", "referral", "schema", "tests")
EXECUTION = Path("schema", "execution")
DEFAULT_QUERIES = "500"
SEEDS = ("5", "6", "7")
"""Tried one after the other, until a mutant is seen; a harmless one by the first alone."""

SEEN, NOT_SEEN, FAILED = "seen", "not seen", "failed"
VERDICTS = {0: NOT_SEEN, DIFFERENT: SEEN}


@dataclass(frozen=True)
class Mutant:
    """One way to break it.

    Attributes:
        name: what is then wrong.
        module: of schema/execution.
        old, new: the text and what comes in its place.
    """

    name: str
    module: str
    old: str
    new: str


MUTANTS = (
    Mutant("levels of other places are shared", "plan", "id(up), key, *map", "key, *map"),
    Mutant(
        "the plan forgets @skip and @include",
        "executor",
        "for name in operation.switches)",
        "for name in ())",
    ),
    Mutant("NaN is a number", "leaves", " and {1} - {1} == 0.0", ""),
    Mutant("Int has 64 bits", "leaves", " and -2147483648 <= {1} <= 2147483647", ""),
    Mutant("errors below are no scalars", "leaves", " or isinstance(value, Exception)", ""),
    Mutant(
        "null is let through",
        "complete",
        "if shown is None:\n                raise",
        "if False:\n                raise",
    ),
    Mutant(
        "null does not spread within a level",
        "complete",
        "if isinstance(kind, GraphQLNonNull):\n                raise self._failures.located",
        "if False:\n                raise self._failures.located",
    ),
    Mutant("the class is not looked at", "complete", "not kind.is_type_of(value, info)", "False"),
    Mutant(
        "generated code does not look at the class",
        "generate",
        'return f"{name}.__class__ is not',
        'return f"False and {name}.__class__ is not',
    ),
    Mutant(
        "errors have the attributes of objects",
        "generate",
        "or isinstance({name}, Exception)",
        "and isinstance({name}, Exception)",
    ),
    Mutant(
        "texts are lists",
        "generate",
        "if {kind} is not list and {kind} is not tuple: raise Surprise",
        "if {kind} is int: raise Surprise",
    ),
    Mutant(
        "constant arguments are lost",
        "plan",
        "return arguments(self._schema, level.definition, node, NO_VARIABLES)",
        "return {}",
    ),
    Mutant(
        "mutations run side by side",
        "run",
        "is OperationType.MUTATION",
        "is OperationType.SUBSCRIPTION",
    ),
    Mutant(
        "the rest of a surprised level is lost",
        "run",
        "return part.at(left)",
        "return part.at(left[1:])",
    ),
    Mutant(
        "a list is counted from 1", "complete", "[*path, at], owner)", "[*path, at + 1], owner)"
    ),
    Mutant(
        "JSON of one place is shown at another",
        "ready",
        "made.by.get(number)",
        "next(iter(made.by.values()), None)",
    ),
    Mutant("JSON is kept before what is below is there", "run", " and not level.kids", ""),
    Mutant("a nullable enum must not be null", "leaves", "members | {None: None} if", "members if"),
)

HARMLESS = frozenset({"a nullable enum must not be null"})
"""Those that only make it slower: the comparison must see nothing."""


def main() -> int:
    """Tries each; the number of those that behave otherwise than they should."""
    queries = sys.argv[1] if len(sys.argv) > 1 else DEFAULT_QUERIES
    name = sys.argv[2] if len(sys.argv) > 2 else ""
    wrong = 0
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        copy(folder)
        for mutant in (m for m in MUTANTS if name in m.name):
            expected = NOT_SEEN if mutant.name in HARMLESS else SEEN
            for seed in SEEDS:
                verdict, told = tried(mutant, folder, queries, seed)
                if (verdict, expected) != (NOT_SEEN, SEEN):
                    break
            wrong += verdict != expected
            mark = "" if verdict == expected else "WRONG "
            sys.stdout.write(f"{verdict:9} {mark}{mutant.name}\n")
            sys.stdout.write("" if verdict == expected else told)
            sys.stdout.flush()
    return wrong


def copy(folder: Path) -> None:
    """Copies all that a run needs, kernels compiled; of what is broken no bytecode."""
    warm_kernels()
    warm_trades()
    for layer in LAYERS:
        shutil.copytree(ROOT / layer, folder / layer)
    shutil.rmtree(folder / EXECUTION / "__pycache__", ignore_errors=True)


def tried(mutant: Mutant, folder: Path, queries: str, seed: str) -> tuple[str, str]:
    """What the comparison finds about a mutant in that copy, and all that it said."""
    with _broken(mutant, folder / EXECUTION / f"{mutant.module}.py"):
        done = subprocess.run(
            [sys.executable, "-B", "-m", "tests.schema.execution.differential", queries, seed],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    return VERDICTS.get(done.returncode, FAILED), done.stdout


@contextmanager
def _broken(mutant: Mutant, module: Path) -> Iterator[None]:
    text = module.read_text("utf-8")
    assert text.count(mutant.old) == 1, f"{mutant.name}: {mutant.module}.py has changed"
    module.write_text(text.replace(mutant.old, mutant.new), "utf-8")
    yield
    module.write_text(text, "utf-8")


if __name__ == "__main__":
    sys.exit(main())
