"""How fast renmai answers over HTTP, beside servers that a team would take instead.

    python -m benchmarks.http --neo4j bolt://user:password@host:7687 [--rounds 3] [--seconds 2]

Every server runs in the same run on the same data, and takes turns with the others; before that
their answers are compared, all of them. `queries` says what is asked, `data` fills Neo4j and the
files for the peers, `servers` starts and stops, `load` drives them with wrk, `report` prints.
The peers are folders under benchmarks/peers; `make bench-http` installs them.
"""
