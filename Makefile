# Both `make serve` and `make test` set up .venv by themselves; all they need is Python 3.11 or newer. What serves needs
# a quarter of what the tests do.
PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
WORKERS ?= auto

.PHONY: serve test test-all stacks lint options checks bench bench-before bench-check bench-in-process mutants reports \
  site images clean

serve: .venv/runtime
	@exec $(BIN)/mock-tavus serve $(ARGS)

test: .venv/installed
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not deep" $(ARGS)

test-all: .venv/installed
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(if $(ARGS),$(ARGS),--cov --cov-report=term)

stacks: .venv/installed
	$(BIN)/python -m pytest -v --no-header tests/system/test_stacks.py $(ARGS)

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

options: .venv/installed
	$(BIN)/python -m tools.options_table

checks: .venv/installed
	$(BIN)/python -m tools.checks_table

bench: .venv/installed
	$(BIN)/python benchmarks/compare.py $(ARGS)

bench-before: .venv/installed
	$(BIN)/python -m benchmarks.before $(BEFORE) $(ARGS)

bench-in-process: .venv/installed
	$(BIN)/python -m benchmarks.in_process $(ARGS)

bench-check: .venv/installed
	$(BIN)/python -m benchmarks.check $(ARGS)

mutants: .venv/installed
	$(BIN)/python -m tools.selftest $(ARGS)

reports: .venv/installed
	tools/make_reports.sh

site: .venv/installed
	PYTHONPATH=. NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
	@echo build/site/index.html

images: .venv/installed
	PYTHONPATH=. $(BIN)/python tools/take_images.py

clean:
	rm -rf .venv .cache build dist

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "mock-tavus needs Python 3.11 or newer; name one with: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv .venv

.venv/runtime: pyproject.toml | .venv/bin/python
	@echo "Setting up .venv (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/installed: pyproject.toml | .venv/bin/python
	@echo "Setting up .venv for the tests (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch .venv/runtime $@
