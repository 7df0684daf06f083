# `make demo` and `make test` do all the set-up on a machine that has Python 3.11 or later, git and make.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check bus cases micro safety docs clean

demo: .venv/installed
	$(BIN)/python examples/demo.py

test: .venv/tested check
	$(BIN)/python -m pytest -n auto --dist worksteal

check: .venv/tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bus: .venv/installed
	$(BIN)/python benchmarks/bus.py

cases: .venv/installed
	$(BIN)/python benchmarks/cases.py

micro: .venv/installed
	$(BIN)/python -m benchmarks.micro

safety: .venv/installed
	$(BIN)/python -m benchmarks.safety

docs: .venv/installed
	$(BIN)/python docs/make_playbook.py

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Lowtide needs Python 3.11 or later: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

.venv/tested: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

clean:
	rm -rf build .venv
