# The one door to the project: `make` lists what it opens.
# Works with GNU make 3.81 or newer and Python 3.11 or newer; uv is installed where it is missing.

PYTHON ?= python3
ARGS ?=
NEO4J_PORT ?= 7687

BIN := .venv/bin
MARKS := .venv/.made
RUNTIME := $(MARKS)/runtime
DEV := $(MARKS)/dev

# The environment is this checkout's own, whatever shell or folder make was called from.
unexport VIRTUAL_ENV PYTHONHOME PYTHONPATH UV_PROJECT UV_SYSTEM_PYTHON
export UV_PROJECT_ENVIRONMENT := $(CURDIR)/.venv
export UV_PYTHON := $(CURDIR)/.venv/bin/python
export UV_PYTHON_DOWNLOADS := never

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo run test test-both test-stores test-others fuzz nx-suite bench-execution bench-analytics bench-trades bench-http check check-format check-lint check-types check-imports \
	check-schema format schema cover cover-stores cover-others neo4j neo4j-stop clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

# --- the environment ---------------------------------------------------------------------------

# uv from the PATH when it runs there (a version manager's shim may not), else from the venv.
SYNC = uv=uv; $$uv --version >/dev/null 2>&1 || uv=$(BIN)/uv; $$uv sync --quiet --frozen

$(MARKS)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "renmai needs Python 3.11 or newer as $(PYTHON); name another: make PYTHON=/path/to/python3.12" >&2; \
		exit 1; }
	@if uv --version >/dev/null 2>&1; \
	then $(PYTHON) -m venv --clear --without-pip .venv; \
	else echo "installing uv into .venv" && $(PYTHON) -m venv --clear .venv && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9,<1'; \
	fi
	@mkdir -p $(MARKS) && touch $@

$(RUNTIME): pyproject.toml uv.lock | $(MARKS)/venv
	@echo "installing what renmai needs to run (from uv.lock)"
	@$(SYNC) --no-dev --inexact
	@touch $@

$(DEV): pyproject.toml uv.lock | $(MARKS)/venv
	@echo "installing what renmai needs to run and to be worked on (from uv.lock)"
	@$(SYNC)
	@touch $(RUNTIME) $@

setup: $(DEV) ## make .venv from uv.lock: everything for work on renmai
	@echo "ready: .venv"

# --- use ---------------------------------------------------------------------------------------

demo: $(RUNTIME) ## load demo data, print three answers, serve GraphQL (DEMO_SERVE=0: only print)
	@$(BIN)/renmai demo $(ARGS)

run: $(RUNTIME) ## serve the API (ARGS="--store sqlite:///folder --port 8000")
	@$(BIN)/renmai serve $(ARGS)

neo4j: $(RUNTIME) ## start a local Neo4j Community server and print its URL (NEO4J_PORT=7687)
	@$(BIN)/python -m tests.neo4j_server start --port $(NEO4J_PORT)

neo4j-stop: $(RUNTIME) ## stop that server; its data stays
	@$(BIN)/python -m tests.neo4j_server stop

# --- work --------------------------------------------------------------------------------------

test: $(DEV) ## run the tests, on SQLite and on a real Neo4j (ARGS="-k paging -x")
	@$(BIN)/python -m pytest $(ARGS)

test-both: $(DEV) ## the same in two processes side by side: the stores' tests, and all others
	@$(MAKE) --no-print-directory -j2 test-stores test-others

test-stores: $(DEV)
	@$(BIN)/python -m pytest -q $(ARGS) tests/graph

test-others: $(DEV)
	@$(BIN)/python -m pytest -q $(ARGS) --ignore=tests/graph

fuzz: $(DEV) ## compare our executor with graphql-core on 20,000 random documents (ARGS="20000 SEED")
	@$(BIN)/python -m tests.schema.execution.differential $(or $(ARGS),20000 $$$$)
	@$(BIN)/python -m tests.schema.execution.mutants

nx-suite: $(DEV) ## run networkx's own tests on our backend (ARGS=--quick, or ARGS=--mutants)
	@$(BIN)/python -m tests.referral.backend.suite $(ARGS)

bench-execution: $(DEV) ## measure our executor against strawberry with DataLoaders
	@$(BIN)/python -m benchmarks.execution $(ARGS)

bench-analytics: $(DEV) ## measure kernels beside networkx, rustworkx, networkit and scipy, and snapshots (ARGS="--memory")
	@$(SYNC) --group bench --inexact
	@$(BIN)/python -m benchmarks.analytics $(ARGS)
	@test -n "$(ARGS)" || $(BIN)/python -m benchmarks.snapshot

bench-trades: $(DEV) ## measure the trade engine beside networkx, rustworkx and plain sets, some 8 minutes
	@$(SYNC) --group bench --inexact
	@$(BIN)/python -m benchmarks.trades $(ARGS)

PEERS := $(patsubst %,benchmarks/peers/%/node_modules/.made,neo4j-graphql mercurius)

benchmarks/peers/%/node_modules/.made: benchmarks/peers/%/package-lock.json
	@cd $(dir $<) && npm ci --no-audit --no-fund --loglevel error && touch node_modules/.made

bench-http: $(DEV) $(PEERS) ## measure HTTP against Node servers, some 20 minutes; needs npm and wrk (ARGS="--neo4j URL")
	@command -v wrk >/dev/null || { echo "needs wrk: apt-get install wrk" >&2; exit 1; }
	@$(BIN)/python -m benchmarks.http $(ARGS)

cover: $(DEV) ## run the tests, the stores' beside the others, and report the branches they miss
	@$(BIN)/coverage erase
	@$(MAKE) --no-print-directory -j2 cover-stores cover-others
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

cover-stores: $(DEV)
	@$(BIN)/coverage run -m pytest -q $(ARGS) tests/graph

cover-others: $(DEV)
	@$(BIN)/coverage run -m pytest -q $(ARGS) --ignore=tests/graph

check: check-format check-lint check-types check-imports check-schema ## format, lint, types, imports, schema: all that CI checks but the tests

check-format: $(DEV)
	@$(BIN)/ruff format --check .

check-lint: $(DEV)
	@$(BIN)/ruff check .

check-types: $(DEV)
	@$(BIN)/mypy

check-imports: $(DEV)
	@$(BIN)/lint-imports --no-logo

check-schema: $(DEV)
	@$(BIN)/renmai schema | diff -u schema.graphql - || { \
		echo "schema.graphql is not what the code says; if the change is meant: make schema" >&2; \
		exit 1; }

format: $(DEV) ## write the code in the house format
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

schema: $(DEV) ## write schema.graphql from the code
	@$(BIN)/renmai schema > schema.graphql.new && mv schema.graphql.new schema.graphql

clean: ## delete the environment and what the tools leave behind (data stays)
	rm -rf .venv build dist htmlcov .coverage .coverage.* .hypothesis .import_linter_cache \
		.mypy_cache .pytest_cache .ruff_cache schema.graphql.new
	find api graph referral schema tests -name __pycache__ -prune -exec rm -rf {} +
