PYTHON ?= python3
BIN := .venv/bin
RUN_PY := $(BIN)/python

.DEFAULT_GOAL := help
.PHONY: help run test check bench protocol reset manage setup format requirements clean

help: ## what can be asked for
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 22

run: ## the whole product with a demo show on http://127.0.0.1:8000/ (PORT, SIMULATOR_PORT, CROWD=off|full)
	@$(PYTHON) -m config.bootstrap run && exec $(RUN_PY) -m config.launch

test: ## every test: pytest on SQLite, the database tests again on PostgreSQL and Redis, vitest
	@$(PYTHON) -m config.bootstrap dev && exec $(RUN_PY) -m tests.run $(ARGS)

check: ## format, lint, types, import contracts, migrations and protocol in step
	@$(PYTHON) -m config.bootstrap dev --no-build && exec $(RUN_PY) -m config.check

bench: ## measurements against a baseline in the same run: make bench BENCH=name
	@$(PYTHON) -m config.bootstrap dev && exec $(RUN_PY) -m tests.benchmarks $(BENCH)

protocol: ## regenerate the protocol's schema and TypeScript from realtime/protocol.py
	@$(PYTHON) -m config.bootstrap dev --no-build && exec $(RUN_PY) -m config.check --protocol

reset: ## forget the demo's data and secrets (var/)
	@$(PYTHON) -m config.launch --reset

manage: ## manage.py with the demo's settings: make manage ARGS="gateway_status"
	@$(RUN_PY) -m config.demo $(ARGS)

setup: ## everything that run, test and check install and build, without starting anything
	@$(PYTHON) -m config.bootstrap dev

format: ## rewrite Python and TypeScript in the project's format
	@$(PYTHON) -m config.bootstrap dev --no-build && $(RUN_PY) -m config.check --format

requirements: ## compile requirements/*.in to pinned, hashed .txt
	@$(PYTHON) -m config.bootstrap dev --no-build && exec $(RUN_PY) -m config.check --requirements

clean: ## remove what setup made (.venv, node_modules, dist) and the tools' caches
	rm -rf .venv node_modules dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
