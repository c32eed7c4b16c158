# Everything here works from a fresh clone with python3 (3.11+) and make: no AWS variable, no Docker, no uv.
.DEFAULT_GOAL := help
.PHONY: help run test check lint types build bench lock clean
PYTHON ?= python3
BIN := .venv/bin

help:  ## List the targets
	@grep -hE '^[a-z.-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-14s %s\n", $$1, $$2}'

.venv: .venv/.dev  ## Make the virtual environment with everything that tests need

.venv/.local: requirements-local.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("FinOps Guard needs Python 3.11 or newer; set PYTHON=python3.x" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-local.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

.venv/.dev: requirements-dev.txt .venv/.local
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

run: .venv/.local  ## Run the weekly report on mock data: the real state machine, in this process
	FINOPSGUARD_USE_MOCK_DATA=true $(BIN)/finopsguard run --report weekly

test: .venv/.dev  ## Run all tests
	$(BIN)/pytest
