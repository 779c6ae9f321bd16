.DEFAULT_GOAL := help
# Compiled modules make commands start faster.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
PYTHON ?= python3
PORT ?= 8000
export PORT
RUN := $(VENV)/bin/python
# Modules in their order: slow ones are first (tests/services).
PYTEST := $(VENV)/bin/pytest -n 2 --dist loadscope --no-loadscope-reorder
EMBEDDED := env -u TEST_DATABASE_URL -u TEST_REDIS_URL -u TEST_CLICKHOUSE_URL -u TEST_SEARCH_ENGINE
# The two configurations of the tests: embedded stores, and servers for the tests that a server concerns.
ON_EMBEDDED = $(EMBEDDED) $(PYTEST) -o cache_dir=.pytest_cache/embedded
ON_SERVERS = env TEST_DATABASE_URL=$${TEST_DATABASE_URL:-embedded-postgres} \
	TEST_SEARCH_ENGINE=$${TEST_ELASTICSEARCH_URL:+elasticsearch} \
	$(PYTEST) -o cache_dir=.pytest_cache/servers -m on_servers

.PHONY: help
help: ## List these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(VENV)/.development: requirements/development.lock
	@rm -f $(VENV)/.notebooks $(VENV)/.spark $(VENV)/.mlflow
	$(PYTHON) deploy/environment.py $(VENV) requirements/development.lock
	@touch $@

# The development environment includes all packages of the demo.
$(VENV)/.demo: requirements/demo.lock
	@test $(VENV)/.development -nt requirements/development.lock || \
		{ rm -f $(VENV)/.development $(VENV)/.notebooks $(VENV)/.spark $(VENV)/.mlflow; $(PYTHON) deploy/environment.py $(VENV) requirements/demo.lock; }
	@touch $@

# Added to the packages of the demo, whose processes may be running in the environment.
$(VENV)/.notebooks: requirements/notebooks.lock $(VENV)/.demo
	$(PYTHON) deploy/environment.py --add $(VENV) requirements/notebooks.lock
	@touch $@

$(VENV)/.spark: requirements/spark.lock $(VENV)/.demo
	$(PYTHON) deploy/environment.py --add $(VENV) requirements/spark.lock
	@touch $@

$(VENV)/.mlflow: requirements/mlflow.lock $(VENV)/.demo
	$(PYTHON) deploy/environment.py --add $(VENV) requirements/mlflow.lock
	@touch $@

.PHONY: demo
demo: $(VENV)/.demo ## Create a shop with generated data and serve it on PORT (8000)
	@$(RUN) manage.py demo $(DEMO)
	@exec $(RUN) manage.py serve

.PHONY: notebooks
notebooks: $(VENV)/.notebooks ## Open the analysts' notebooks in JupyterLab, beside `make demo`
	@PYTHONPATH=$(CURDIR) $(VENV)/bin/jupyter-lab $(JUPYTER) notebooks/01_your_first_report.ipynb

.PHONY: spark
spark: $(VENV)/.spark ## Add Spark to the environment (456 MB), for `python -m ml.train --engine spark`; needs Java 17

.PHONY: mlflow
mlflow: $(VENV)/.mlflow ## Add MLflow's client to the environment, for `python -m ml.versions export`

.PHONY: test
test: $(VENV)/.development ## Run all tests, then repeat those of a store that has a real server
	@failed=0; rm -f .pytest_cache/aborted; \
	run() { "$$@"; case $$? in 0) ;; 1) failed=1 ;; *) failed=1; mkdir -p .pytest_cache; touch .pytest_cache/aborted ;; esac; }; \
	run $(ON_EMBEDDED); \
	run $(ON_SERVERS); \
	exit $$failed

.PHONY: retest
retest: $(VENV)/.development ## Repeat the tests that failed in the last `make test`
	@failed=0; \
	repeat() { "$$@" --last-failed --last-failed-no-failures none || [ $$? = 5 ] || failed=1; }; \
	repeat $(ON_EMBEDDED); \
	repeat $(ON_SERVERS); \
	exit $$failed

.PHONY: unit
unit: $(VENV)/.development ## Run the tests that use no store
	$(EMBEDDED) $(PYTEST) -m "not stores and not slow and not elasticsearch and not data"

.PHONY: lint
lint: $(VENV)/.development ## Format check, lint, types, layers, migrations
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy .
	$(VENV)/bin/lint-imports
	$(RUN) manage.py makemigrations --check --dry-run

.PHONY: services
services: ## Start the real servers with docker compose (PostgreSQL, Redis, Elasticsearch, ClickHouse)
	docker compose up --detach --wait database stream cache search warehouse

.PHONY: bench-pipeline
bench-pipeline: $(VENV)/.development ## Compare the speed of accepting and storing events with simple baselines
	$(RUN) -m benchmarks.pipeline

.PHONY: bench-reports
bench-reports: $(VENV)/.development ## Compare reports with the same questions asked of the events themselves
	$(RUN) -m benchmarks.reports

.PHONY: bench-report-pages
bench-report-pages: $(VENV)/.development ## Measure pages of reports for eight analysts, and the shop's pages meanwhile
	$(RUN) -m benchmarks.reports.pages

.PHONY: bench-abuse
bench-abuse: $(VENV)/.development ## Attack a generated shop's recommendations with forged events, and print what moves
	$(RUN) -m benchmarks.abuse

.PHONY: bench-import
bench-import: $(VENV)/.development ## Compare the speed and memory of importing a catalogue with an earlier commit
	$(RUN) -m benchmarks.imports

.PHONY: bench-pages
bench-pages: $(VENV)/.development ## Print the CPU of product pages beside plain pages of the framework
	$(RUN) -m benchmarks.pages

.PHONY: bench-checkout
bench-checkout: $(VENV)/.development ## Compare checkout with a function in the database and with a plain use of the ORM
	$(RUN) -m benchmarks.checkout

.PHONY: bench-auth
bench-auth: $(VENV)/.development ## Measure what authenticating a request adds to an anonymous one
	$(RUN) -m benchmarks.auth

.PHONY: bench-models
bench-models: $(VENV)/.development ## Compare processor time and memory of our models with those of the library implicit
	$(RUN) -m benchmarks.models $(MODELS)

.PHONY: bench-serving
bench-serving: $(VENV)/.development ## Compare recommendations with a hello-world view of the same authentication
	$(RUN) -m benchmarks.serving $(SERVING)

.PHONY: bench-relevance
bench-relevance: $(VENV)/.development ## Measure what each ranking feature adds to relevance, and what it costs
	$(RUN) -m benchmarks.relevance $(RELEVANCE)

.PHONY: bench-counterfactual
bench-counterfactual: $(VENV)/.development ## Print how often intervals of counterfactual estimates contain planted values
	$(RUN) -m benchmarks.counterfactual

.PHONY: bench-search
bench-search: $(VENV)/.development ## Compare search, suggestions and rebuilds with the engine's work alone
	$(RUN) -m benchmarks.search $(SEARCH)

.PHONY: bench-audit
bench-audit: $(VENV)/.development ## Measure what sealing adds to recording audit entries, and the speed of verification
	$(RUN) -m benchmarks.audit

.PHONY: lock
lock: ## Update requirements/*.lock from pyproject.toml (needs uv)
	uv lock
	uv export -q --locked --no-emit-index-url --no-annotate --no-header --no-emit-project --no-dev --extra invoices --extra passkeys --extra payments --extra sentry -o requirements/production.lock
	uv export -q --locked --no-emit-index-url --no-annotate --no-header --no-emit-project --no-dev --extra embedded -o requirements/demo.lock
	uv export -q --locked --no-emit-index-url --no-annotate --no-header --no-emit-project --no-dev --extra embedded --extra notebooks --extra retail -o requirements/notebooks.lock
	uv export -q --locked --no-emit-index-url --no-annotate --no-header --no-emit-project --all-groups --extra embedded --extra invoices --extra passkeys --extra payments --extra retail --extra semantic --extra sentry --extra tracing -o requirements/development.lock
	uv export -q --locked --no-emit-index-url --no-annotate --no-header --no-emit-project --no-dev --extra embedded --extra spark -o requirements/spark.lock
	uv export -q --locked --no-emit-index-url --no-annotate --no-header --no-emit-project --no-dev --extra embedded --extra mlflow -o requirements/mlflow.lock
