# Everything here works from a fresh clone with python3 (3.11+) and make: no AWS variable, no Docker, no uv.
.DEFAULT_GOAL := help
.PHONY: help run test check fuzz faults soak test-browser images lint types template build bench audit lock clean deploy smoke redrive logs destroy release sbom checkov e2e rehearse layer-package layer-dependencies layer-data layer-trim
PYTHON ?= python3
ROOT := $(patsubst %/,%,$(dir $(abspath $(firstword $(MAKEFILE_LIST)))))
BIN := .venv/bin
SAM := .venv-sam/bin/sam
# All cores, and a file's tests on one of them: its fixtures are made once. (pytest-xdist 3.8 takes xdist_group for
# nothing under pytest 9.2.) Not in pyproject.toml: a single test is done before workers have started.
# Files in the order of their names: xdist would begin with those of most tests, and wait at the end for a file of
# three tests that take long.
# pytest rewrites the asserts of all files in each worker, three seconds of each, unless it may keep them (in __pycache__).
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/pytest --numprocesses auto --dist loadfile --no-loadscope-reorder
# The lock files are complete, so pip resolves nothing; every file it takes must have the hash written there.
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check
LOCKED := --no-deps --require-hashes

help:
	@grep -hE '^[a-z0-9.-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-13s %s\n", $$1, $$2}'

run: .venv/.local  ## Run the weekly report on mock data: the real state machine, in this process
	FINOPSGUARD_USE_MOCK_DATA=true FINOPSGUARD_RESOURCES=true FINOPSGUARD_TRAIL=true FINOPSGUARD_OWNER_TAG=team \
		FINOPSGUARD_BUDGETS='{"organization": "95000"}' $(BIN)/finopsguard run --report weekly

test: .venv/.dev  ## Run the tests, without the sweeps that only `make check` runs
	$(PYTEST) -m "not exhaustive" --hypothesis-profile=quick

check: lint types template  ## Run what CI runs: ruff, mypy, the state machine, the template, all tests with branch coverage
	$(PYTEST) --cov --cov-report=term

# One seed for each of two processes.
fuzz: .venv/.dev  ## 10,000 random worlds, and anything at each border; SEEDS="1 2" makes the same again
	@seeds="$(SEEDS)"; seeds="$${seeds:-$$$$ $$(date +%s)}"; echo "SEEDS=\"$$seeds\""; printf '%s\n' $$seeds | xargs -P 2 -I SEED \
		$(BIN)/pytest --hypothesis-profile=fuzz --hypothesis-seed=SEED tests/truth/test_words_worlds.py tests/truth/test_history_mornings.py tests/fuzz

faults: .venv/.dev  ## Every fault in every operation's way, kill -9 at each point; writes docs/reliability.md
	$(BIN)/python -m tests.faults

soak: .venv/.dev  ## Sixty days with faults in 5 % of the calls; SEEDS="1 2 3 4" makes the same days again
	$(BIN)/python -m tests.faults.soak $(SEEDS)

test-browser: .venv/.dev  ## Look at cards and pages in Microsoft's renderer and Chromium, which this installs
	PYTHON=$(ROOT)/$(BIN)/python tests/browser/run.sh

images: .venv/.dev  ## Take the pictures in docs/images anew
	PYTHON=$(ROOT)/$(BIN)/python tests/browser/run.sh --shots

lint: .venv/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/hadolint Dockerfile

types: .venv/.dev
	$(BIN)/mypy

template: .venv/.dev
	$(BIN)/python -m tests.lint_asl
	$(BIN)/cfn-lint template.yaml deploy/*.yaml

bench: .venv/.dev  ## Run the benchmarks and print their ratios
	$(BIN)/python -m benchmarks

.venv: .venv/.dev  ## Make the virtual environment with everything that tests need

.venv/.local: requirements-local.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("FinOps Guard needs Python 3.11 or newer: make PYTHON=python3.x ..." if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/python $(PIP_INSTALL) $(LOCKED) -r requirements-local.txt
	$(BIN)/python $(PIP_INSTALL) --no-deps -e .
	@touch $@

.venv/.dev: requirements-dev.txt .venv/.local
	$(BIN)/python $(PIP_INSTALL) $(LOCKED) -r requirements-dev.txt
	@touch $@

# ---- what is deployed ------------------------------------------------------------------------------------------------

# SAM calls `make` again; PYTHON is then this environment's, whose pip is there and new enough.
build: .venv-sam/.done  ## Build what is deployed: the layers for Lambda (python3.13, arm64) and the template
	SAM_CLI_TELEMETRY=0 $(SAM) validate --lint
	SAM_CLI_TELEMETRY=0 PYTHON=$(ROOT)/.venv-sam/bin/python $(SAM) build
	.venv-sam/bin/python -m tests.template.check_build .aws-sam/build/PythonLayer .aws-sam/build/DataLayer

# aws-sam-cli pins libraries that our own tools need newer, so it has an environment of its own.
.venv-sam/.done: requirements-sam.txt
	$(PYTHON) -m venv .venv-sam
	.venv-sam/bin/python $(PIP_INSTALL) $(LOCKED) -r requirements-sam.txt
	@touch $@

# SAM's targets (template.yaml, BuildMethod): it sets ARTIFACTS_DIR and runs in a copy of src/, hence the absolute paths.
# Most of the bytes are of use to the functions that read and judge costs; the others do without DataLayer.
ARTIFACTS_DIR ?= $(ROOT)/build/layer
LAYER = $(ARTIFACTS_DIR)/python
DATA_PACKAGES := duckdb numpy
build-PythonLayer: layer-dependencies layer-package layer-trim
build-DataLayer: layer-data layer-trim

# Wheels for Lambda's python3.13 on arm64, whatever machine this is. Amazon Linux 2023 has glibc 2.34.
LAMBDA_WHEELS := --python-version 3.13 --implementation cp --only-binary=:all: \
	$(foreach tag,manylinux_2_34 manylinux_2_28 manylinux_2_27 manylinux_2_26 manylinux2014 manylinux_2_17,--platform $(tag)_aarch64)

# A part of the lock: its entries that are (1) or are not (0) of DATA_PACKAGES, with the hashes below each.
space := $(subst ,, )
define install-locked
	mkdir -p $(LAYER)
	awk '/^[^ ]/ { data = $$1 ~ /^($(subst $(space),|,$(DATA_PACKAGES)))==/ } data == $(1)' $(ROOT)/requirements.txt > $(ARTIFACTS_DIR)/lock.txt
	$(PYTHON) $(PIP_INSTALL) $(LOCKED) $(LAMBDA_WHEELS) --no-compile -r $(ARTIFACTS_DIR)/lock.txt --target $(LAYER)
	rm $(ARTIFACTS_DIR)/lock.txt
endef

layer-dependencies:
	$(call install-locked,0)

layer-data:
	$(call install-locked,1)

# Our package with schemas and state machine inside, where finopsguard.resources looks for them first.
layer-package:
	mkdir -p $(LAYER)
	cp -R $(ROOT)/src/finopsguard $(LAYER)/
	cp -R $(ROOT)/schemas $(ROOT)/statemachine $(LAYER)/finopsguard/

# Tests and commands are of no use in Lambda. The .dist-info folders stay: they hold licences and versions.
layer-trim:
	rm -rf $(LAYER)/bin
	find $(LAYER) -type d \( -name __pycache__ -o -name tests \) -prune -exec rm -rf {} +

# Its own environment: the emulator pins an older botocore than ours. The functions get the locked libraries for this machine.
E2E := build/e2e
e2e: build .venv/.dev $(E2E)/.done  ## Deploy what is built to an emulator of AWS, fail, delete, adopt; writes docs/e2e.md
	$(BIN)/python -m tests.e2e

rehearse: build .venv/.dev $(E2E)/.done build/awscli/.done  ## Follow docs/guia.md in a fresh clone, in that emulator; writes docs/rehearsal.md
	$(BIN)/python -m tests.rehearsal

# The guide asks for version 2, which no package index has; what is run of it is in both. Not locked: nothing of ours comes from it.
build/awscli/.done:
	$(PYTHON) -m venv build/awscli
	build/awscli/bin/python $(PIP_INSTALL) awscli
	@touch $@

$(E2E)/.done: requirements-e2e.txt requirements.txt
	rm -rf $(E2E) $(E2E)-libraries
	$(PYTHON) -m venv $(E2E)
	$(E2E)/bin/python $(PIP_INSTALL) $(LOCKED) -r requirements-e2e.txt
	$(E2E)/bin/python $(PIP_INSTALL) $(LOCKED) --no-compile -r requirements.txt --target $(E2E)-libraries
	@touch $@

# ---- operation -------------------------------------------------------------------------------------------------------

# ENV is a table of samconfig.toml. What is missing is said by the commands, which name the next one when they fail.
deploy: export PARAMETERS ?=
deploy: .venv/.local .venv-sam/.done  ## Build and deploy ENV=staging|production; PARAMETERS="A=1 B=2" for this time, GUIDED=yes asks again
	@$(BIN)/python -m tools.deploy "$(ENV)" --parameters "$$PARAMETERS" --guided "$(GUIDED)" --built "$(BUILT)"

smoke: .venv/.local  ## Try ENV=staging|production: a mock report here, then one of the deployed stack
	@$(BIN)/finopsguard stack smoke --env "$(ENV)"

redrive: .venv/.local  ## Resume the failed execution EXECUTION=arn:aws:states:... where it failed
	@$(BIN)/finopsguard stack redrive "$(EXECUTION)"

logs: .venv/.local  ## What STEP=PostToTeams (or StateMachine) of ENV= has logged in the last HOURS=24
	@$(BIN)/finopsguard stack logs "$(STEP)" --env "$(ENV)" --hours "$(or $(HOURS),24)"

destroy: .venv/.local  ## Delete the stack of ENV=, with CONFIRM=its name; its bucket is kept
	@$(BIN)/finopsguard stack delete --env "$(ENV)" --confirm "$(CONFIRM)"

release: .venv/.dev  ## Build, archive, bill of materials and tag of VERSION=1.2.3; pushes nothing
	@$(BIN)/python -m tools.release "$(VERSION)" --bucket "$(BUCKET)"

sbom: .venv/.dev  ## Write the bill of materials (CycloneDX) from the lock files
	@$(BIN)/python -m tools.sbom

# ---- dependencies ----------------------------------------------------------------------------------------------------

LOCKS := requirements.txt requirements-local.txt requirements-dev.txt requirements-sam.txt requirements-audit.txt requirements-checkov.txt requirements-e2e.txt

# --strict: a package that the index says nothing about is a failure, not a clean one.
audit: $(if $(ADVISORIES),.venv/.dev,.venv-audit/.done)  ## Known vulnerabilities of what is locked; ADVISORIES=FILE.zip asks no network
ifdef ADVISORIES
	$(BIN)/python -m tests.advisories "$(ADVISORIES)" $(LOCKS)
else
	.venv-audit/bin/pip-audit --strict --require-hashes --disable-pip --progress-spinner off $(addprefix -r ,$(LOCKS))
endif

.venv-audit/.done: requirements-audit.txt
	$(PYTHON) -m venv .venv-audit
	.venv-audit/bin/python $(PIP_INSTALL) $(LOCKED) -r requirements-audit.txt
	@touch $@

# What is skipped, and why, is in the templates' own Metadata.
CHECKOV = .venv-checkov/bin/checkov --quiet --compact --skip-download
checkov: .venv-checkov/.done  ## Hold templates, image and workflows to checkov's rules
	$(CHECKOV) --framework cloudformation --file template.yaml --skip-check CKV_AWS_115,CKV_AWS_116,CKV_AWS_117,CKV_AWS_173
	$(CHECKOV) --framework cloudformation --file deploy/*.yaml
	$(CHECKOV) --framework dockerfile github_actions --directory . --skip-path '\.venv' --skip-path build --skip-path '\.aws-sam'

.venv-checkov/.done: requirements-checkov.txt
	$(PYTHON) -m venv .venv-checkov
	.venv-checkov/bin/python $(PIP_INSTALL) $(LOCKED) -r requirements-checkov.txt
	@touch $@

# ---- housekeeping ----------------------------------------------------------------------------------------------------

# uv is used here only: it resolves for all platforms at once. `make lock UV_FLAGS=--upgrade` takes newer versions.
UV_COMPILE = build/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate $(UV_FLAGS)

lock:  ## Write the requirements files anew from pyproject.toml
	$(PYTHON) -m venv build/uv
	build/uv/bin/python $(PIP_INSTALL) uv
	$(UV_COMPILE) pyproject.toml --extra local --extra dev --output-file requirements-dev.txt
	$(UV_COMPILE) pyproject.toml --extra local --constraints requirements-dev.txt --output-file requirements-local.txt
	$(UV_COMPILE) pyproject.toml --constraints requirements-dev.txt --output-file requirements.txt
	$(UV_COMPILE) --group sam --output-file requirements-sam.txt
	$(UV_COMPILE) --group audit --output-file requirements-audit.txt
	$(UV_COMPILE) --group checkov --output-file requirements-checkov.txt
	$(UV_COMPILE) --group e2e --output-file requirements-e2e.txt

clean:  ## Remove what make made, but not your reports (out/) and state (.finopsguard/)
	rm -rf .venv .venv-sam .venv-audit .venv-checkov .aws-sam build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage .coverage.* htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
