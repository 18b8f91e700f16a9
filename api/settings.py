"""Everything that can be set from outside, in one frozen object that is passed as an argument."""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from graph.errors import BadInput

PREFIX = "RENMAI_"

FOREIGN = ("RENMAI_TEST_", "RENMAI_NEO4J_SERVER_", "RENMAI_DEMO_")
"""Prefixes of variables that others of this project's tools read."""

LONGEST_WAIT_S = 3_600

NO_CACHE = "none"
"""The cache folder that says: keep nothing."""

MEBIBYTE = 2**20

LARGEST_PORT = 65_535

MOST_WORKERS = 64


class Environment(StrEnum):
    """Where the server runs; production hides what helps an attacker more than a user."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class ExecutorMode(StrEnum):
    """What runs queries; the same values as `schema.execution.Mode`, which is slow to import."""

    PLAN = "plan"
    CORE = "core"


class LogFormat(StrEnum):
    """How log lines are written."""

    CONSOLE = "console"
    JSON = "json"


class Settings(BaseSettings):
    """The server's settings, each from the environment variable RENMAI_<NAME>.

    Raises:
        pydantic.ValidationError: a value is wrong. `load` turns it into BadInput.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    environment: Annotated[Environment, Field(description="`development` or `production`.")] = (
        Environment.DEVELOPMENT
    )
    store: Annotated[
        str,
        Field(description="Store URL: `sqlite:///folder`, `bolt://user@host:port`, `neo4j://...`."),
    ] = "sqlite:///renmai-data"
    neo4j_password: Annotated[
        SecretStr | None, Field(description="Password of the Neo4j user, where the URL has none.")
    ] = None
    neo4j_password_file: Annotated[
        Path | None, Field(description="File whose first line is that password.")
    ] = None
    neo4j_database: Annotated[str, Field(description="Name of the Neo4j database.")] = "neo4j"
    tenant: Annotated[str, Field(description="The tenant that requests read and write.")] = (
        "default"
    )
    host: Annotated[str, Field(description="Address the server listens on.")] = "127.0.0.1"
    port: Annotated[
        int, Field(ge=0, le=LARGEST_PORT, description="Its port; 0 takes a free one.")
    ] = 8_000
    phone_region: Annotated[
        str,
        Field(
            pattern="^[A-Z]{2}$",
            description="Country (ISO 3166) of phone numbers without a country code.",
        ),
    ] = "CN"
    graphiql: Annotated[
        bool | None,
        Field(description="Serve GraphiQL to browsers; unset: in development only."),
    ] = None
    max_body_bytes: Annotated[
        int, Field(ge=1_000, le=1_000_000_000, description="Largest request body, in bytes.")
    ] = 4_000_000
    max_cost: Annotated[
        int,
        Field(ge=0, description="Most records that one operation may bring; 0: any number."),
    ] = 2_000_000
    request_timeout_s: Annotated[
        float, Field(gt=0, le=LONGEST_WAIT_S, description="Longest time for one request, seconds.")
    ] = 30.0
    cache_dir: Annotated[
        str,
        Field(
            description="Folder of what can be made again, such as network snapshots; unset: "
            "`renmai` in the user's cache folder; `none`: nothing is kept."
        ),
    ] = ""
    snapshot_memory_mb: Annotated[
        int,
        Field(ge=1, le=1_000_000, description="Memory of all tenants' network snapshots, in MiB."),
    ] = 2_048
    answer_memory_mb: Annotated[
        int, Field(ge=1, le=1_000_000, description="Memory of kept answers of analytics, in MiB.")
    ] = 64
    record_cache_mb: Annotated[
        int,
        Field(
            ge=0,
            le=1_000_000,
            description="Memory of records and pages read last, in MiB; 0: none.",
        ),
    ] = 128
    record_cache_max_age_ms: Annotated[
        int,
        Field(
            ge=0,
            le=60_000,
            description="How long what other processes wrote may go unseen, in milliseconds.",
        ),
    ] = 0
    max_subscriptions: Annotated[
        int, Field(ge=0, le=1_000_000, description="Most subscriptions of a process at a time.")
    ] = 1_000
    max_operations_per_socket: Annotated[
        int, Field(ge=1, le=10_000, description="Most operations of one WebSocket at a time.")
    ] = 100
    subscription_poll_ms: Annotated[
        int,
        Field(
            ge=10,
            le=60_000,
            description="How often subscriptions look for commits of other processes, in ms.",
        ),
    ] = 1_000
    subscription_stall_s: Annotated[
        float,
        Field(
            gt=0,
            le=LONGEST_WAIT_S,
            description="How long a client may take nothing of events or parts, in seconds.",
        ),
    ] = 30.0
    socket_origins: Annotated[
        str,
        Field(
            description="Origins besides the server's own whose pages may open WebSockets, "
            "separated by commas; `*`: all."
        ),
    ] = ""
    executor: Annotated[
        ExecutorMode,
        Field(description="`plan`: compiled plans; `core`: graphql-core, field by field."),
    ] = ExecutorMode.PLAN
    metrics: Annotated[bool, Field(description="Serve counters for Prometheus at /metrics.")] = True
    metrics_port: Annotated[
        int | None,
        Field(
            ge=1,
            le=LARGEST_PORT,
            description="Serve them on a port of their own instead; each worker takes the next.",
        ),
    ] = None
    workers: Annotated[
        int,
        Field(
            ge=1, le=MOST_WORKERS, description="Processes that serve; more than one needs Neo4j."
        ),
    ] = 1
    warm: Annotated[
        bool,
        Field(description="Compile the analytics' kernels in the background at the start."),
    ] = True
    log_level: Annotated[
        str,
        Field(pattern="^(debug|info|warning|error)$", description="Least level that is logged."),
    ] = "info"
    log_format: Annotated[
        LogFormat, Field(description="`console` for people, `json` for machines.")
    ] = LogFormat.CONSOLE

    @model_validator(mode="after")
    def _one_password(self) -> Self:
        if self.neo4j_password is not None and self.neo4j_password_file is not None:
            raise ValueError(
                "RENMAI_NEO4J_PASSWORD and RENMAI_NEO4J_PASSWORD_FILE are both set; keep one"
            )
        return self

    @property
    def serves_graphiql(self) -> bool:
        """Whether browsers get GraphiQL."""
        if self.graphiql is None:
            return self.environment is Environment.DEVELOPMENT
        return self.graphiql

    def password(self) -> str | None:
        """The Neo4j password that was set, from the variable or the file.

        Raises:
            BadInput: the file cannot be read.
        """
        if self.neo4j_password_file is not None:
            try:
                text = self.neo4j_password_file.read_text("utf-8")
            except (OSError, UnicodeError) as error:
                raise BadInput(
                    f"RENMAI_NEO4J_PASSWORD_FILE: cannot read {self.neo4j_password_file}: {error}; "
                    "name a readable text file"
                ) from error
            return text.partition("\n")[0].rstrip("\r")
        return self.neo4j_password.get_secret_value() if self.neo4j_password else None


def load(environ: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """The settings from the environment; `given` values that are not None come first.

    Args:
        environ: the environment looked at for unknown variables; the process's own by default.
        given: settings by name, as a command line gives them.

    Raises:
        BadInput: a value is wrong, or a variable with our prefix is none of ours.
    """
    names = os.environ if environ is None else environ
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    strangers = sorted(
        n
        for n in names
        if n.upper().startswith(PREFIX) and n.upper() not in known and not n.startswith(FOREIGN)
    )
    if strangers:
        raise BadInput(
            f"{strangers[0]} is no setting of renmai; unset it, or use one of "
            + ", ".join(sorted(known))
        )
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = "_".join(str(part) for part in first["loc"])
        where = f"{PREFIX}{name.upper()}: " if name else ""
        raise BadInput(where + first["msg"].removeprefix("Value error, ")) from error
