# Every command of the README and of a contributor's day. `make` lists them.
#
# Needs Python 3.11 to 3.13, make and, for the tests on a real broker, Maven. PYTHON=python3.12 chooses an interpreter;
# ARGS="..." goes on to the command, as in `make test ARGS="-k budget"`.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

VENV := .venv
BIN := $(VENV)/bin
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))

# The first interpreter of a supported version. Asked by running it: a name on the PATH may be a shim that cannot run.
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
    "$$name" -c '$(SUPPORTED)' 2>/dev/null && echo "$$name" && break; done)

PIP := $(BIN)/python -m pip --disable-pip-version-check
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
    --no-emit-index-url

.PHONY: help
help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: install
install: $(VENV)/.run ## Make .venv with the crm-insights command, from pinned and hashed requirements

.PHONY: install-dev
install-dev: $(VENV)/.dev ## The same, with what tests and linters need

.PHONY: demo
demo: $(VENV)/.run ## Watch change events become insights, without any service or key
	@$(BIN)/crm-insights demo $(ARGS)

.PHONY: test
test: $(VENV)/.dev ## Run all tests; starts a real Kafka broker and schema registry
	$(BIN)/pytest $(ARGS)

.PHONY: test-unit
test-unit: $(VENV)/.dev ## Run the tests that need no broker
	$(BIN)/pytest -m "not kafka" $(ARGS)

.PHONY: e2e
e2e: $(VENV)/.dev ## Run the whole way for real: PostgreSQL, Debezium, Kafka, the worker, Debezium's sink, PostgreSQL
	$(BIN)/pytest tests/e2e $(ARGS)

.PHONY: explore
explore: $(VENV)/.dev ## Look for inputs that break a property: other and many more examples than the tests draw
	CRM_INSIGHTS_TEST_EXPLORE=1 $(BIN)/pytest -m "not kafka" tests/unit $(ARGS)

.PHONY: lint
lint: $(VENV)/.dev ## Check style, format, types and layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: chaos
chaos: $(VENV)/.dev ## The long form: break workers and services for an hour and a half, and count; resumable
	@$(BIN)/python -m tests.chaos $(ARGS)

.PHONY: bench
bench: $(VENV)/.dev ## Run the benchmarks; ARGS="codec" chooses some, ARGS="--list" names them
	$(BIN)/python -m benchmarks $(ARGS)

.PHONY: soak
soak: $(VENV)/.dev ## Run one worker for 15 minutes under load and small faults; does anything grow?
	$(BIN)/python -m benchmarks.soak $(ARGS)

.PHONY: pii-eval
pii-eval: $(VENV)/.dev ## Measure the scrubber on marked corpora: ARGS="PATH ..."; --page docs/pii.md writes the tables
	@$(BIN)/python -m benchmarks.pii_eval $(ARGS)

.PHONY: up
up: ## Start Kafka, registry, worker, Prometheus and Grafana with Docker Compose
	@docker compose version >/dev/null 2>&1 || { \
	    echo "make up needs Docker with its compose plugin (docker compose version must answer)." >&2; exit 1; }
	@test -f .env || { \
	    echo "make up reads .env: copy .env.example to .env and read through it first." >&2; exit 1; }
	docker compose up --build --detach
	docker compose ps

.PHONY: lock
lock: $(VENV)/.dev ## Renew the pinned requirements from pyproject.toml
	$(COMPILE) $(ARGS) pyproject.toml -o requirements/run.txt
	$(COMPILE) $(ARGS) --group build -o requirements/build.txt
	$(COMPILE) $(ARGS) pyproject.toml --group dev -o requirements/dev.txt

.PHONY: clean
clean: ## Remove .venv and everything that was built or cached here
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# pip is the last thing that `python -m venv` puts there, so an interrupted or failed attempt is made again.
$(BIN)/pip:
	@test -n "$(PYTHON)" || { \
	    echo "crm-insights needs Python 3.11, 3.12 or 3.13, and none is on the PATH." \
	    "Name one: make PYTHON=/path/to/python3.13" >&2; exit 1; }
	@"$(PYTHON)" -c '$(SUPPORTED)' || { \
	    echo "$(PYTHON) is not Python 3.11, 3.12 or 3.13. Name one that is: make PYTHON=python3.13" >&2; exit 1; }
	@"$(PYTHON)" -m venv --clear $(VENV) || { \
	    echo "$(PYTHON) cannot make a virtual environment (Debian: apt install python3-venv)." >&2; exit 1; }

# Stamps: what is newer than its requirements is not installed again.
$(VENV)/.run: requirements/run.txt requirements/build.txt pyproject.toml | $(BIN)/pip
	$(PIP) install --quiet --require-hashes -r requirements/run.txt
	$(PIP) install --quiet --require-hashes -r requirements/build.txt
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	$(PIP) install --quiet --require-hashes -r requirements/dev.txt
	@touch $@
