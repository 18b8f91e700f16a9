"""Processes told apart from later ones with the same id, and ports that answer or are free."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import struct
import subprocess
import time
from pathlib import Path

from tests.neo4j_server.errors import ServerError

HOST = "127.0.0.1"
# the magic number of Bolt, then the four versions offered, the newest first
HELLO = b"\x60\x60\xb0\x17" + struct.pack(">IIII", 0x00040405, 0x00000005, 0x00000004, 0)
STOP_LIMIT_S = 60.0


def birth(pid: int) -> str | None:
    """When a process began, as the system says it; None when it is gone."""
    if Path("/proc/self/stat").exists():
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            return None if fields[0] in "ZX" else fields[19]
        return None
    shown = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return shown.stdout.strip() or None


def end(pid: int, born: str) -> None:
    """Ask a process to stop and wait until it has; kill it after a minute."""
    limit = time.monotonic() + STOP_LIMIT_S
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        while birth(pid) == born:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            if time.monotonic() > limit:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)


def answers_bolt(port: int, host: str = HOST) -> bool:
    """Whether a server there speaks Bolt; the handshake needs no password."""
    try:
        with socket.create_connection((host, port), timeout=2) as wire:
            wire.sendall(HELLO)
            answer = wire.recv(4)
    except OSError:
        return False
    return len(answer) == 4 and answer != b"HTTP"


def claim(port: int) -> int:
    """A port that is free at this moment.

    Args:
        port: The one wanted; 0 for any.

    Raises:
        ServerError: It is in use.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ServerError(
                f"port {port} is in use; choose another: make neo4j NEO4J_PORT=7688"
            ) from error
        free: int = probe.getsockname()[1]
    return free
