# The only commands a fresh machine needs: `make run` and `make test` (Python 3.11+ and make).
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Two processes with one thread each use two cores better than one process with two threads.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses 2 --dist loadfile

.PHONY: run test test-all demo bench lint fix setup clean

run: setup
	@$(BIN)/workbench app

test: lint
	@$(PYTEST) -m "not slow"

test-all: lint
	@$(PYTEST)

demo: setup
	@$(BIN)/workbench demo --workspace demo-workspace

bench: setup
	@$(BIN)/python -m benchmarks

lint: setup
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

fix: setup
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

setup: $(STAMP)

# Installed again only when what is to be installed changed. torch comes first and alone, so that the
# CPU build that a machine may hold is taken before another package asks for the newest CUDA one.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; say which with: make run PYTHON=/path/to/python3"; exit 1; }
	@echo "Setting up $(VENV): about 2 GB on disk, a few minutes the first time."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade pip -c constraints.txt
	@$(BIN)/python -m pip install --quiet -c constraints.txt torch
	@$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[dev]"
	@touch $@

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
