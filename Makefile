# What a developer runs. `make test` is complete: it installs what it needs and runs every check.
#
#   make demo     open the shell on a scratch ca.json
#   make test     install the test dependencies; then lint, types and the whole suite
#   make check    lint and types only
#   make tools    build the step-ca and step that the suite drives (cached outside the tree)
#   make clean    remove the virtual environment and every cache in the tree

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
WORKERS ?= 2
PYTEST_ARGS ?=

# The packages that the suite must cover: all of them, but for what a property test happens not to draw in one run.
COMPLETE := shell/model/*,shell/codec/*,shell/staging/*,shell/language/*

.PHONY: demo test check tools clean

demo: $(VENV)/.program
	@exec $(BIN)/step-shell --demo

test: check tools
	$(BIN)/python -m pytest -n $(WORKERS) --cov --cov-report= $(PYTEST_ARGS)
	$(BIN)/python -m coverage report --skip-covered
	$(BIN)/python -m coverage report --skip-covered --include='$(COMPLETE)' --fail-under=99

check: $(VENV)/.tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Without a Go toolchain or a network the tests that need the programs say so themselves.
tools: $(VENV)/.tests
	-$(BIN)/python -m tests.support.tools

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'step-shell needs Python 3.11 or newer: $(PYTHON) is older or missing.' \
	            'Name another one: make PYTHON=python3.12 ...' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' \
	  || { echo 'This Python cannot make virtual environments.' \
	            'On Debian and Ubuntu: apt-get install python3-venv' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.program: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.tests: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@ $(VENV)/.program

clean:
	rm -rf $(VENV) build dist .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find shell tests -name __pycache__ -type d -prune -exec rm -rf {} +
