"""How fast renmai answers over HTTP, beside servers that a team would take instead.

    python -m benchmarks.http [--neo4j bolt://user:password@host:7687] [--rounds 4] [--seconds 4]

Every server runs in the same run on the same data, and takes turns with the others; before that
their answers are compared, all of them. Without `--neo4j` a server is started for the run.
`queries` says what is asked, `bars` what is aimed at, `data` fills Neo4j and the files for the
peers, `servers` starts and stops, `load` drives them with wrk.
The peers are folders under benchmarks/peers; `make bench-http` installs them.
"""
