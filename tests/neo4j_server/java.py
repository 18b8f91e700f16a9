"""Which Neo4j runs on which Java, and the Java found on this machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.neo4j_server.errors import ServerError


@dataclass(frozen=True, slots=True)
class Release:
    """A release of Neo4j and what it takes to run it.

    Attributes:
        version: The release's version on Maven Central.
        main: The main class of its Community server.
        javas: Major versions of Java, those it was tried on first; a newer one may do.
    """

    version: str
    main: str
    javas: tuple[int, ...]


RELEASES = (
    Release("2026.08.1", "org.neo4j.server.Neo4jCommunity", (25, 21)),
    Release("5.26.30", "org.neo4j.server.CommunityEntryPoint", (17, 21)),
)
FOLDERS = ("/usr/lib/jvm", "/opt/java", "/Library/Java/JavaVirtualMachines")


@dataclass(frozen=True, slots=True)
class Java:
    """A Java installation: its home folder and its whole version, such as 17.0.15."""

    home: Path
    version: str

    @property
    def major(self) -> int:
        """The first number of the version."""
        return int(self.version.split(".")[0])

    @property
    def binary(self) -> Path:
        """The `java` command."""
        return self.home / "bin" / "java"


def choose(javas: list[Java] | None = None) -> tuple[Release, Java]:
    """The newest release that a Java found here runs, with the Java it was tried on most.

    Args:
        javas: The installations to choose from; those on this machine unless given.

    Raises:
        ServerError: No Java here runs any release.
    """
    found = installed() if javas is None else javas
    for release in RELEASES:
        able = [java for java in found if java.major >= min(release.javas)]
        if able:
            return release, min(able, key=lambda java: _preference(release, java))
    have = ", ".join(java.version for java in found) or "none"
    raise ServerError(f"Java 17 or newer is needed, found: {have}; install a JDK or set JAVA_HOME")


def installed() -> list[Java]:
    """The Java installations of this machine, the one the user named first."""
    return [java for home in dict.fromkeys(_homes()) if (java := inspect(home))]


def inspect(home: Path) -> Java | None:
    """The Java below a folder; None when there is none."""
    binary = home / "bin" / "java"
    if not os.access(binary, os.X_OK):
        return None
    release = home / "release"
    text = release.read_text(errors="replace") if release.is_file() else ""
    if not re.search(r'JAVA_VERSION="', text):
        shown = subprocess.run([binary, "-version"], capture_output=True, text=True, check=False)
        text = shown.stderr
    version = re.search(r'(?:JAVA_VERSION=|version )"(\d[\d.]*)', text)
    return Java(home, version[1]) if version else None


def _homes() -> Iterator[Path]:
    named = os.environ.get("JAVA_HOME")
    if named:
        yield Path(named)
    on_path = shutil.which("java")
    if on_path:
        yield Path(on_path).resolve().parent.parent
    for folder in map(Path, FOLDERS):
        if folder.is_dir():
            for home in sorted(folder.iterdir()):
                bundle = home / "Contents" / "Home"  # as macOS has it
                yield bundle if bundle.is_dir() else home


def _preference(release: Release, java: Java) -> tuple[int, int]:
    known = release.javas.index(java.major) if java.major in release.javas else len(release.javas)
    return known, java.major
