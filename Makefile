.DEFAULT_GOAL := help
# Compiled modules make every command start faster.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
PYTHON ?= python3
RUN := $(VENV)/bin/python

.PHONY: help
help: ## List these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(VENV)/.development: requirements/development.lock
	$(PYTHON) deploy/environment.py $(VENV) requirements/development.lock
	@touch $@

.PHONY: lint
lint: $(VENV)/.development ## Format check, lint, types, layers, migrations
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy .
	$(VENV)/bin/lint-imports
	$(RUN) manage.py makemigrations --check --dry-run

.PHONY: test
test: $(VENV)/.development ## Run every test
	$(VENV)/bin/pytest

.PHONY: lock
lock: ## Write requirements/*.lock anew from pyproject.toml (needs uv)
	uv lock
	uv export -q --locked --no-emit-index-url --no-annotate --no-header --no-emit-project --no-dev -o requirements/production.lock
	uv export -q --locked --no-emit-index-url --no-annotate --no-header --no-emit-project --no-dev --extra embedded -o requirements/demo.lock
	uv export -q --locked --no-emit-index-url --no-annotate --no-header --no-emit-project --all-groups --extra embedded -o requirements/development.lock
