# `make` alone says what there is. Everything installs into .venv; nothing global, no root.
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup run test fast check sim bench bench-rules bench-rating mutate lock clean

help: ## what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

setup: .venv/ready ## install everything into .venv and node_modules (run and test do it themselves)

ASSETS := hatch_build.py $(wildcard tidegate/console/assets/*)

.venv/ready: requirements.lock pyproject.toml package-lock.json $(ASSETS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Tidegate needs Python 3.11 or newer; name one: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@cmp -s package-lock.json node_modules/ready || \
	  { $(BIN)/npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && cp package-lock.json node_modules/ready; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

run: setup ## everything on 127.0.0.1:8800: database, local chain, signer, worker, API, console, demo
	@$(BIN)/tidegate run $(ARGS)

test: setup check ## lint, types, and every test, fast ones first
	$(BIN)/python -m pytest tests/architecture tests/rules -n 2
	$(BIN)/python -m pytest tests/flows tests/api -n 2
	$(BIN)/python -m pytest tests/sim -n 2
	$(BIN)/python -m pytest tests/jobs tests/run -n 2
	$(BIN)/python -m pytest tests/browser -n 2

fast: setup check ## lint, types, and the tests that need no node and no browser
	$(BIN)/python -m pytest tests/architecture tests/rules tests/flows tests/api -n 2

check: setup ## lint and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

SEEDS ?= 2000-12000
sim: setup ## more schedules of the simulated payout path: make sim SEEDS=2000-50000, or SEEDS=1234 for one story
	$(BIN)/python -m tidegate.sim $(SEEDS) --jobs 2

bench: setup ## ratios against pgbench on the same server, in one run
	$(BIN)/python bench/authorise.py

# The other engines are borrowed for the run and installed nowhere: nothing of ours depends on them.
bench-rules: setup ## the analysts' language beside three rule engines, in one run
	$(BIN)/uv run --quiet --no-project --python $(BIN)/python --with rule-engine==5.1.0 --with zen-engine==2.1.3 \
	  --with common-expression-language==0.10.0 --with-editable . bench/rules.py

ORDERS ?= 1000000
bench-rating: setup ## a month's indicators on PostgreSQL and DuckDB beside pandas, in one run: ORDERS=10000000 for more
	$(BIN)/python bench/rating.py $(ORDERS)

mutate: setup ## break each rule on purpose, and list what no test noticed: make mutate FILES='tidegate.withdrawals.checks.*' TESTS=…
	@$(BIN)/python tests/mutation.py $(foreach name,$(FILES),'$(name)') --show $(if $(EVERY),--every $(EVERY),) $(if $(SLOW),--slow $(SLOW),) $(if $(TESTS),--tests $(TESTS),)

lock: setup ## pin the dependencies anew
	$(BIN)/uv pip compile -q --all-extras --generate-hashes --no-emit-index-url --no-annotate --python-version 3.11 \
	  pyproject.toml -o requirements.lock

clean: ## remove what was installed and built; the data folder stays
	rm -rf .venv node_modules build dist mutants
