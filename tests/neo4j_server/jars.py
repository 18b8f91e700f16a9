"""The server's jars: fetched with Maven from Maven Central once, then kept in a cache."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.neo4j_server.errors import ServerError

POM = Path(__file__).with_name("pom.xml")


def cache() -> Path:
    """The folder the jars and Java's class archives are kept in."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "renmai" / "neo4j"


def fetch(version: str) -> list[Path]:
    """The jars of a release, fetched unless the cache has them.

    Args:
        version: A version of org.neo4j:neo4j on Maven Central.

    Raises:
        ServerError: They are not in the cache, and Maven is not here or could not fetch them.
    """
    folder = cache() / version / "lib"
    if not folder.is_dir():
        _fill(folder, version)
    return sorted(folder.glob("*.jar"))


def _fill(folder: Path, version: str) -> None:
    maven = shutil.which("mvn")
    if not maven:
        raise ServerError("Maven is needed to fetch Neo4j once, and `mvn` is not on the PATH")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(cache() / "fetch.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.is_dir():
            return
        with tempfile.TemporaryDirectory(prefix="fetch-", dir=folder.parent) as work:
            _download(maven, version, Path(work) / "lib")
            # only whole folders get the name: a killed download leaves nothing that looks done
            os.replace(Path(work) / "lib", folder)


def _download(maven: str, version: str, folder: Path) -> None:
    print(f"fetching Neo4j {version} with Maven (150 MB, once)", file=sys.stderr)  # noqa: T201
    command = [
        *(maven, "-B", "-q", "-ntp", "--strict-checksums", "-f", str(POM)),
        *(f"-Dneo4j.version={version}", "-DincludeScope=runtime", "-Dmaven.artifact.threads=8"),
        *(f"-DoutputDirectory={folder}", "dependency:copy-dependencies"),
    ]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode or not (folder / f"neo4j-{version}.jar").is_file():
        errors = [line for line in done.stdout.splitlines() if "ERROR" in line]
        raise ServerError(f"Maven could not fetch Neo4j {version}: {' '.join(errors[:1])}")
