# What a developer runs. `make test` is complete: it installs what it needs and runs every check.
#
#   make demo     open the shell on a scratch ca.json
#   make test     install the test dependencies; then lint, types and the whole suite
#   make test-all the same on each version of Python that we support (VERSIONS="3.12 3.13", STRICT=1)
#   make check    lint and types only
#   make bench    measure the program beside step, and write docs/performance.md (BENCH_ARGS="--rounds 3", or a group)
#   make audit    look the locked packages up for known vulnerabilities
#   make lock     renew the lock files in requirements/
#   make tools    build the step-ca and step that the suite drives (cached outside the tree)
#   make clean    remove the virtual environment and every cache in the tree

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
WORKERS ?= 2
PYTEST_ARGS ?=
VERSIONS ?=
STRICT ?=
AUDIT_ARGS ?=
BENCH_ARGS ?=

# What is installed is what the lock files name, checked by its hash. The build backend is among it: an isolated
# build would fetch one of its own, without hashes.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
LOCKED := $(INSTALL) --no-deps --require-hashes
EDITABLE := $(INSTALL) --no-deps --no-build-isolation --editable .

# uv and pip-audit, apart from the program: their own dependencies differ.
MAINTENANCE := $(VENV)-maintenance
COMPILE = $(MAINTENANCE)/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	  --generate-hashes --custom-compile-command 'make lock'

# The packages that the suite must cover: all of them, but for what a property test happens not to draw in one run.
COMPLETE := shell/model/*,shell/codec/*,shell/staging/*,shell/language/*

.PHONY: demo test test-all check bench audit lock tools clean

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

bench: tools
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

test-all: $(MAINTENANCE)/.done
	$(PYTHON) -m tests.support.matrix --uv $(MAINTENANCE)/bin/uv --environments $(VENV) $(if $(STRICT),--strict) $(VERSIONS)

audit: $(MAINTENANCE)/.done
	$(PYTHON) -m tests.support.audit $(MAINTENANCE)/bin/pip-audit $(AUDIT_ARGS) requirements/test.txt requirements/maintenance.txt

# The small files say the same as test.txt, which has everything: one resolution, not three.
lock: $(MAINTENANCE)/.done
	$(COMPILE) pyproject.toml --extra test --output-file requirements/test.txt
	$(COMPILE) pyproject.toml --constraints requirements/test.txt --output-file requirements/run.txt
	$(COMPILE) --group build --constraints requirements/test.txt --output-file requirements/build.txt
	$(COMPILE) --group maintenance --output-file requirements/maintenance.txt

$(VENV)/bin/python $(MAINTENANCE)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'step-shell needs Python 3.11 or newer: $(PYTHON) is older or missing.' \
	            'Name another one: make PYTHON=python3.12 ...' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' \
	  || { echo 'This Python cannot make virtual environments.' \
	            'On Debian and Ubuntu: apt-get install python3-venv' >&2; exit 1; }
	$(PYTHON) -m venv $(@:/bin/python=)

$(VENV)/.program: $(VENV)/bin/python pyproject.toml requirements/run.txt requirements/build.txt
	$(LOCKED) -r requirements/run.txt -r requirements/build.txt
	$(EDITABLE)
	@$(BIN)/python -m pip check >&2
	@touch $@

$(VENV)/.tests: $(VENV)/bin/python pyproject.toml requirements/test.txt
	$(LOCKED) -r requirements/test.txt
	$(EDITABLE)
	@$(BIN)/python -m pip check >&2
	@touch $@ $(VENV)/.program

$(MAINTENANCE)/.done: $(MAINTENANCE)/bin/python requirements/maintenance.txt
	$(LOCKED:$(VENV)/%=$(MAINTENANCE)/%) -r requirements/maintenance.txt
	@touch $@

clean:
	rm -rf $(VENV) $(VENV)-* build dist .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find shell tests -name __pycache__ -type d -prune -exec rm -rf {} +
