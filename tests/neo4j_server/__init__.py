"""A real Neo4j Community server for tests and development: no Docker, no installer, no root.

The jars come from Maven Central, once; the server's own main class is started from them.
`lease` gives a test run a server of its own, `python -m tests.neo4j_server` one to work with.

    errors    what the caller is told when there can be no server
    java      which Neo4j runs on which Java, and the Java found here
    jars      the server's jars, fetched with Maven and kept in a cache
    process   processes and ports
    config    the server's configuration file and its command line
    server    one server home: start, stop, wipe
    leases    a server that lives as long as the process that asked for it
"""

from tests.neo4j_server.errors import ServerError
from tests.neo4j_server.leases import lease
from tests.neo4j_server.process import answers_bolt

__all__ = ["ServerError", "answers_bolt", "lease"]
