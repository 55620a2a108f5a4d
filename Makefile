# `make` lists what there is. Everything runs in .venv, made once from requirements.lock.
.DEFAULT_GOAL := help
.SUFFIXES:
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

BIN := .venv/bin
READY := .venv/.ready
PYTHONS := 3.11 3.12 3.13
AIRFLOWS := 3.1.8 3.2.2 3.3.2
LOCKED := $(lastword $(AIRFLOWS))
# with newer ones these releases do not work, although they allow them
PINS-3.1 := 'fastapi<0.137' 'cadwyn<8' 'starlette<1' 'sqlalchemy<2.1' 'svcs<26'
PINS-3.2 := 'fastapi<0.137' 'cadwyn<8' 'sqlalchemy<2.1' 'svcs<26'
# args="-k seeds" narrows `make test`, port=9090 moves the UI of `make demo` and `make ui`
args ?=
port ?= 8080

.PHONY: help demo ui test lint docs bench parity matrix lock clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

demo: $(READY)  ## run the example DAG in a real Airflow on an embedded Postgres, show what came out, stop
	@exec $(BIN)/python -m docs.demo run --port $(port)

ui: $(READY)  ## the same, but Airflow stays up for a look around until ctrl-c
	@exec $(BIN)/python -m docs.demo ui --port $(port)

test: lint  ## lint, then every test (minutes; two at a time)
	$(BIN)/python -m pytest -n 2 $(args)

lint: $(READY)  ## ruff, mypy, import layers (seconds)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

docs: $(READY)  ## write anew what is made from the code: docs/reference, and the index of the built-in macros
	$(BIN)/python -m docs.make_reference
	$(BIN)/python -m airflow_sqlmodels.artifacts.macro_texts

bench: $(READY)  ## the table of benchmarks/README.md, measured here
	$(BIN)/python -m benchmarks $(args)

parity: $(READY)  ## public projects with dbt and with us, compared: args="--clones FOLDER --write-docs" (uv; hours)
	$(BIN)/python -m tests.parity $(args)

matrix:  ## every test on every Python and every Airflow that we support (uv only; long)
	@command -v uv >/dev/null || { echo "make matrix needs uv, which fetches the Pythons that are missing here"; exit 1; }
	@for python in $(PYTHONS); do $(MAKE) --no-print-directory .venv-matrix PY=$$python AF=$(LOCKED); done
	@for airflow in $(filter-out $(LOCKED),$(AIRFLOWS)); do $(MAKE) --no-print-directory .venv-matrix PY=$(firstword $(PYTHONS)) AF=$$airflow; done

.PHONY: .venv-matrix
.venv-matrix:
	@echo "== Python $(PY), Airflow $(AF)"
	@# uv knows its own Pythons and those on PATH; pyenv's are there only by a shim that may refuse
	@python=$$(ls -d $${PYENV_ROOT:-$$HOME/.pyenv}/versions/$(PY).*/bin/python 2>/dev/null | tail -n 1) || true; \
	  uv venv --quiet --clear --python $${python:-$(PY)} .venv-matrix
	uv pip install --quiet --python .venv-matrix/bin/python -e '.[dev]' 'apache-airflow==$(AF)' $(PINS-$(basename $(AF)))
	.venv-matrix/bin/python -m pytest -n 2 $(args)

lock:  ## make requirements.lock anew from pyproject.toml (uv only)
	@echo 'apache-airflow==$(LOCKED)' | uv pip compile pyproject.toml --constraints - --extra dev --universal \
	  --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --quiet --output-file requirements.lock

clean:  ## remove the environments, caches and everything that the demo left
	rm -rf .venv .venv-matrix .venv-dbt .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
	rm -rf sql_project/target sql_project/logs
	find airflow_sqlmodels tests dags -name __pycache__ -type d -prune -exec rm -rf {} +

# --- the environment ---

$(READY): requirements.lock pyproject.toml
	@python=$$(for each in python3.12 python3.13 python3.11 python3 python; do \
	    "$$each" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1 \
	      && { command -v "$$each"; break; } || true; \
	  done); \
	if [ -z "$$python" ]; then \
	  echo "No Python 3.11, 3.12 or 3.13 found on PATH; Airflow 3 needs one of them." >&2; \
	  echo "hint: install one ('uv python install 3.12', 'apt install python3.12 python3.12-venv', 'brew install python@3.12')" >&2; \
	  exit 1; \
	fi; \
	$(BIN)/python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1 && made=yes || made=; \
	if command -v uv >/dev/null; then \
	  echo "Installing into .venv with uv (the first time: a minute or less)"; \
	  [ -n "$$made" ] || uv venv --quiet --clear --no-project --python "$$python" .venv; \
	  uv pip sync --quiet --python $(BIN)/python requirements.lock; \
	  uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .; \
	else \
	  echo "Installing into .venv with pip (the first time: some minutes)"; \
	  [ -n "$$made" ] && $(BIN)/python -m pip --version >/dev/null 2>&1 || "$$python" -m venv --clear .venv; \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock; \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .; \
	fi
	@touch $@
