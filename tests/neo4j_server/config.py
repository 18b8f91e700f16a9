"""The server's configuration file and the command line of its Java."""

from __future__ import annotations

from pathlib import Path

from tests.neo4j_server.java import Java, Release

CONF = """\
server.directories.data={home}/data
server.directories.logs={home}/logs
server.default_listen_address=127.0.0.1
server.bolt.enabled=true
server.bolt.listen_address=127.0.0.1:{port}
server.bolt.advertised_address=127.0.0.1:{port}
server.http.enabled=false
server.https.enabled=false
server.memory.pagecache.size=128m
# without these two an empty store takes over 500 MB of disk
db.tx_log.preallocate=false
db.tx_log.rotation.size=16m
# no calls home
dbms.usage_report.enabled=false
dbms.fleet_manager.enabled=false
server.fleet_discovery.enabled=false
# stop in half a second instead of ten (the name differs between 5.26 and 2026)
internal.dbms.bolt.netty_server_shutdown_quiet_period=0
internal.dbms.bolt.netty_server_shutdown_quiet_period_duration=0s
# the releases know different settings: warn about an unknown one, do not refuse it
server.config.strict_validation.enabled=false
"""

FLAGS = (
    "-Xms512m",
    "-Xmx512m",
    "-XX:+UseSerialGC",  # 200 MB less memory than G1 at this heap
    "-XX:TieredStopAtLevel=1",  # half the CPU of a test run; the fast compiler pays after minutes
    "-Xshare:auto",
    "-Dfile.encoding=UTF-8",
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
    "--enable-native-access=ALL-UNNAMED",
)


LASTING_FLAGS = (
    "-Xms1g",
    "-Xmx1g",
    *(f for f in FLAGS if not f.startswith(("-Xm", "-XX:Tiered"))),
)
"""For a server that is measured: with the compiler that a server in production has."""


def write(home: Path, port: int) -> None:
    """Write the configuration of a server home."""
    (home / "conf").mkdir(parents=True, exist_ok=True)
    (home / "logs").mkdir(exist_ok=True)
    (home / "conf" / "neo4j.conf").write_text(CONF.format(home=home, port=port))


def password_command(java: Java, jars: list[Path], password: str) -> list[str]:
    """The command that sets the first password of a server that never ran."""
    tool = ("org.neo4j.cli.AdminTool", "dbms", "set-initial-password", password)
    return [str(java.binary), "-Xmx128m", "-cp", _classpath(jars), *tool]


def server_command(
    java: Java,
    release: Release,
    jars: list[Path],
    home: Path,
    sharing: str | None,
    *,
    lasting: bool = False,
) -> list[str]:
    """The command that runs the server in the foreground.

    Args:
        java: The Java to run it on.
        release: The release of Neo4j.
        jars: Its jars.
        home: The server home.
        sharing: Java's option about the archive of loaded classes, if any.
        lasting: whether it will run for long.
    """
    options = [*(LASTING_FLAGS if lasting else FLAGS), *([sharing] if sharing else [])]
    folders = [f"--home-dir={home}", f"--config-dir={home / 'conf'}"]
    return [str(java.binary), *options, "-cp", _classpath(jars), release.main, *folders]


def _classpath(jars: list[Path]) -> str:
    return ":".join(map(str, jars))
