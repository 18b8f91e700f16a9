"""networkx's own test suite, run against the backend `renmai`.

python -m tests.referral.backend.suite              the whole suite, with the calls counted
python -m tests.referral.backend.suite --quick      the files that call us most: CI's part
python -m tests.referral.backend.suite --mutants    each function broken on purpose
"""

# ruff: noqa: T201  (a command line that prints its result)
from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import networkx

from referral.backend.interface import ANSWERS

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = Path(networkx.__file__).parent
LEAST_FUNCTIONS = 25
LEAST_CALLS = 150_000
LEAST_CALLS_QUICK = 1_000
OWN_TESTS = "tests/referral/backend/test_agreement.py"

QUICK = (
    "algorithms/centrality",
    "algorithms/components",
    "algorithms/link_analysis",
    "algorithms/shortest_paths",
    "algorithms/assortativity",
    "algorithms/tests/test_cluster.py",
    "algorithms/tests/test_core.py",
    "algorithms/tests/test_dag.py",
    "algorithms/tests/test_efficiency.py",
    "algorithms/tests/test_reciprocity.py",
    "algorithms/tests/test_structuralholes.py",
    "algorithms/tests/test_wiener.py",
    "algorithms/tree/tests/test_recognition.py",
    "algorithms/community/tests/test_quality.py",
)
"""What touches every function, in about a minute."""


def run(files: list[str], *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs networkx's tests in those files with every graph converted to ours."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull]
    command += ["-p", "tests.referral.backend.counting", f"--rootdir={PACKAGE}", *options]
    settings = {
        "NETWORKX_TEST_BACKEND": "renmai",
        "NETWORKX_FALLBACK_TO_NX": "1",
        "PYTHONPATH": str(ROOT),
        **environment,
    }
    return subprocess.run(
        [*command, *files],
        cwd=PACKAGE.parent,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )


def counted(files: list[str]) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    """The run, and the calls answered by function and file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "counts.json"
        done = run(files, RENMAI_COUNTS=str(path))
        counts = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return done, counts


def whole(files: list[str], functions: int, calls: int) -> int:
    """Runs the tests, prints what was answered; 1 where one fails or too little was answered."""
    done, counts = counted(files)
    answered = {name: sum(by.values()) for name, by in counts.get("answered", {}).items()}
    for name, count in sorted(answered.items(), key=lambda x: -x[1]):
        print(f"{count:>9,}  {name}  (declined {counts['declined'].get(name, 0):,})")
    used, total = sum(1 for c in answered.values() if c), sum(answered.values())
    print(done.stdout[-3000:] if done.returncode else done.stdout.strip().splitlines()[-1])
    print(f"networkx {networkx.__version__}: {used} functions answered {total:,} calls")
    enough = used >= functions and total >= calls
    if not enough:
        print(f"too few: at least {functions} functions and {calls:,} calls are wanted")
    return int(done.returncode != 0 or not enough)


def mutants(names: list[str]) -> int:
    """Breaks each function in turn; 1 where neither networkx's tests nor ours notice."""
    _, counts = counted([str(PACKAGE / path) for path in QUICK])
    missed = []
    for name in names or sorted(ANSWERS):
        files = sorted(counts["answered"][name], key=counts["answered"][name].__getitem__)
        found = [str(PACKAGE.parent / f) for f in files if (PACKAGE.parent / f).exists()] or [
            str(PACKAGE / f) for f in files
        ]
        caught = bool(found) and run(found, "-x", RENMAI_BROKEN=name).returncode == 1
        by = "networkx's tests" if caught else "ours"
        if not caught:
            caught = own_tests(name) == 1
        print(f"{'caught by ' + by if caught else 'MISSED'}: {name}", flush=True)
        missed += [] if caught else [name]
    print(f"{len(missed)} missed {missed or ''}")
    return int(bool(missed))


def own_tests(broken: str) -> int:
    """Our own tests of agreement with networkx, one function broken."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    command += ["-p", "tests.referral.backend.counting", OWN_TESTS]
    environment = {**os.environ, "RENMAI_BROKEN": broken}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, check=False
    ).returncode


def main() -> int:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--mutants", nargs="*", metavar="FUNCTION")
    options = parser.parse_args()
    if options.mutants is not None:
        return mutants(options.mutants)
    if options.quick:
        return whole([str(PACKAGE / path) for path in QUICK], len(ANSWERS), LEAST_CALLS_QUICK)
    return whole([str(PACKAGE)], LEAST_FUNCTIONS, LEAST_CALLS)


if __name__ == "__main__":
    sys.exit(main())
