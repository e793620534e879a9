# Everything that .ci/run checks, in an environment where `pip install -e ".[dev]"` has run.
PYTHON ?= python

.PHONY: check coverage format lint types imports test

check: lint types imports test

format:
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

lint:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .

types:
	$(PYTHON) -m mypy

imports:
	$(PYTHON) -c "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())"

test:
	$(PYTHON) -m pytest

# Compiling kernels takes several times as long while lines are counted.
coverage:
	$(PYTHON) -m pytest --cov --cov-report=term:skip-covered
