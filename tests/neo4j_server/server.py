"""One server home: start the server that lives in it, stop it, wipe it."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.neo4j_server import config, jars, java, process
from tests.neo4j_server.errors import ServerError

PASSWORD = "renmai-local"
START_LIMIT_S = 120.0
MARK = ".renmai-neo4j"


@dataclass(frozen=True, slots=True)
class Running:
    """A server that was started: its process, its port, and the archive it will leave."""

    pid: int
    born: str
    port: int
    archive: str

    @property
    def url(self) -> str:
        """Where it answers, credentials included."""
        return f"bolt://neo4j:{PASSWORD}@{process.HOST}:{self.port}"


@dataclass(frozen=True, slots=True)
class Server:
    """The server that lives in a folder, running or not.

    Attributes:
        home: the folder.
        lasting: whether it is started to run for long, and may compile what it runs.
    """

    home: Path
    lasting: bool = False

    def start(self, port: int) -> Running:
        """Start the server and wait until it answers; one that runs already is left alone.

        Args:
            port: The port for Bolt on the loopback address; 0 for any free one.

        Raises:
            ServerError: It cannot run here or did not start; the message says why.
        """
        with self._locked():
            already = self.running()
            if already:
                return already
            self._adopt()
            release, chosen = java.choose()
            files = jars.fetch(release.version)
            config.write(self.home, port := process.claim(port))
            self._note_release(release)
            self._set_password(chosen, files)
            archive = jars.cache() / release.version / f"java-{chosen.version}.jsa"
            command = config.server_command(
                chosen, release, files, self.home, self._sharing(archive), lasting=self.lasting
            )
            return self._launch(command, port, archive)

    def stop(self) -> bool:
        """Stop the server; False when none runs. The data stays."""
        with self._locked():
            running = self.running()
            if running:
                process.end(running.pid, running.born)
                self._keep_archive(Path(running.archive))
            self._state.unlink(missing_ok=True)
            return running is not None

    def wipe(self) -> None:
        """Stop the server and delete its folder, if it was made by `start`."""
        if (self.home / MARK).exists():
            self.stop()
            shutil.rmtree(self.home)

    def running(self) -> Running | None:
        """The server `start` started, if that very process still lives."""
        try:
            state = Running(**json.loads(self._state.read_text()))
        except (OSError, ValueError, TypeError):
            return None
        return state if process.birth(state.pid) == state.born else None

    @property
    def _state(self) -> Path:
        return self.home / "running.json"

    @property
    def _classes(self) -> Path:
        return self.home / "classes.jsa"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.home.mkdir(parents=True, exist_ok=True)
        folder = os.open(self.home, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def _adopt(self) -> None:
        mark = self.home / MARK
        if not mark.exists() and any(self.home.iterdir()):
            raise ServerError(f"{self.home} is in use by something else; choose an empty folder")
        mark.touch()

    def _note_release(self, release: java.Release) -> None:
        mark = self.home / MARK
        before = mark.read_text().strip()
        if before and before.split(".")[0] != release.version.split(".")[0]:
            raise ServerError(
                f"{self.home} holds data of Neo4j {before}, and Java here runs {release.version}; "
                "wipe it: python -m tests.neo4j_server wipe"
            )
        mark.write_text(release.version + "\n")

    def _set_password(self, chosen: java.Java, files: list[Path]) -> None:
        if (self.home / "data" / "databases").exists():
            return
        done = subprocess.run(
            config.password_command(chosen, files, PASSWORD),
            env={**os.environ, "NEO4J_HOME": str(self.home), "NEO4J_CONF": str(self.home / "conf")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ServerError(f"could not set Neo4j's password: {done.stdout.strip()[-600:]}")

    def _sharing(self, archive: Path) -> str | None:
        """Java's option: an archive of loaded classes halves the start (9 s to 4 s)."""
        if archive.exists():
            return f"-XX:SharedArchiveFile={archive}"
        if os.environ.get("CI"):  # it is written when the server stops, which takes 10 s
            return None
        return f"-XX:ArchiveClassesAtExit={self._classes}"

    def _keep_archive(self, archive: Path) -> None:
        # moved in one step: a server that starts at this moment reads a whole one or none
        if self._classes.exists():
            partial = archive.with_suffix(f".{os.getpid()}")
            shutil.move(self._classes, partial)
            partial.replace(archive)

    def _launch(self, command: list[str], port: int, archive: Path) -> Running:
        with open(self.home / "logs" / "console.log", "wb") as console:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                cwd=self.home,
                start_new_session=True,
            )
        running = Running(child.pid, process.birth(child.pid) or "", port, str(archive))
        self._state.write_text(json.dumps(asdict(running)) + "\n")
        limit = time.monotonic() + START_LIMIT_S
        while not process.answers_bolt(port):
            if child.poll() is not None or time.monotonic() > limit:
                process.end(running.pid, running.born)
                raise ServerError(f"Neo4j did not start:\n{self._last_words()}")
            time.sleep(0.1)
        child.returncode = 0  # it outlives this process on purpose; no warning about that
        return running

    def _last_words(self) -> str:
        lines: list[str] = []
        for name in ("neo4j.log", "console.log"):
            with suppress(OSError):
                text = (self.home / "logs" / name).read_text(errors="replace")
                lines += text.splitlines()[-12:]
        return "\n".join(lines)
