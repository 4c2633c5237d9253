# What people run, and what CI runs. `make help` lists it.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
DOCKER ?= docker
BASE_IMAGE ?= python:3.11-slim
TARGET ?= cpu
IMAGE ?= fullcount$(if $(filter gpu,$(TARGET)),:gpu)
SERVE ?= 1
FRESH ?= 0
PORT ?= 8000

BIN := .venv/bin
# Its date is when .venv was last made equal to the pins.
ENVIRONMENT := .venv/.complete
FAST_TESTS := tests/unit tests/api tests/process tests/property tests/docs $(wildcard tests/test_*.py)
# Those that draw examples: few in `make test`, ten times as many in `make test-thorough`.
SAMPLING_TESTS := tests/property tests/unit/app/reports/test_gate.py \
	$(addprefix tests/unit/model_store/evaluation/,test_suspicion.py test_comparison.py)
PYTEST := $(BIN)/python -m pytest
QUICK := -n 2 -m "not thorough"
COVERAGE ?=
# Per cent of lines and branches that the fast tests must reach.
COVERAGE_FLOORS := model_store:98 app:90 training:73
define check_coverage
@for floor in $(COVERAGE_FLOORS); do \
		echo "$${floor%:*}, at least $${floor#*:} %: $$($(BIN)/coverage report --include "$${floor%:*}/*" --format total)"; \
		$(BIN)/coverage report --include "$${floor%:*}/*" --fail-under "$${floor#*:}" >/dev/null; \
	done
endef

.PHONY: help demo test unit coverage test-thorough test-all check lint types format image requirements bench bench-evaluate bench-training screenshots clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(ENVIRONMENT) ## Train on solar cells, serve, predict, evaluate; SERVE=0 stops after it, FRESH=1 trains again
	@$(BIN)/python -m scripts.demo --port $(PORT) $(if $(filter 0,$(SERVE)),--no-serve) $(if $(filter 1,$(FRESH)),--fresh)

test: unit ## Run the tests: twelve minutes on two cores; sets up what they need
	$(PYTEST) $(QUICK) --dist loadfile --timeout 600 tests/tf
	-tests/browser/prepare >/dev/null
	$(PYTEST) $(QUICK) --dist loadfile --timeout 300 tests/browser
	$(PYTEST) $(QUICK) --dist loadfile --timeout 600 tests/e2e

unit: $(ENVIRONMENT) ## Run the fast tests only: no TensorFlow, no browser, no container; COVERAGE=1 measures them
	$(PYTEST) $(QUICK) --timeout 120 $(if $(COVERAGE),--cov --cov-report=) $(FAST_TESTS)
	$(if $(COVERAGE),$(call check_coverage))

coverage: COVERAGE := 1
coverage: unit ## Measure what the fast tests cover, branches too, against the floor of each package

test-thorough: $(ENVIRONMENT) ## Run what `make test` leaves out: ten times the examples, every look, ten kills, the demo, the container
	$(PYTEST) -n 2 --timeout 900 --hypothesis-profile thorough $(SAMPLING_TESTS)
	-tests/browser/prepare >/dev/null
	$(PYTEST) -n 2 --timeout 900 --dist loadfile -m thorough tests
	$(PYTEST) --timeout 900 tests/container

test-all: test test-thorough ## Run every test

check: lint types test ## Lint, check types, run the tests

lint: $(ENVIRONMENT) ## Lint, and check the format
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/hadolint Dockerfile

types: $(ENVIRONMENT) ## Check types
	$(BIN)/mypy

format: $(ENVIRONMENT) ## Format, and mend what the linter can mend
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

image: ## Build the image; TARGET=gpu for the other one, BASE_IMAGE=… for another base
	DOCKER_BUILDKIT=1 $(DOCKER) build --target $(TARGET) --tag $(IMAGE) \
		--build-arg BASE_IMAGE=$(BASE_IMAGE) \
		--build-arg VERSION=$$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml) \
		--build-arg REVISION=$$(git rev-parse HEAD 2>/dev/null || echo unknown) .

bench: $(ENVIRONMENT) ## Serve next to the limit and to peers, interleaved, with ratios; takes hours, after `make demo SERVE=0`
	$(BIN)/python -m benchmarks.serving $(BENCH)

bench-evaluate: $(ENVIRONMENT) ## Evaluate zips of 1,000 and 50,000 files next to the limit; takes minutes, after `make demo SERVE=0`
	$(BIN)/python -m benchmarks.evaluate .cache/demo/store solar-cells $(BENCH)

bench-training: $(ENVIRONMENT) ## Train on all solar cells, three splits, against published figures; takes an hour
	$(BIN)/python -m benchmarks.training

screenshots: $(ENVIRONMENT) ## Take pictures of the page, after `make demo SERVE=0`; SCREENSHOTS=--readme makes the README's
	$(BIN)/python -m scripts.screenshots $(SCREENSHOTS)

requirements: $(ENVIRONMENT) ## Pin the newest versions that pyproject.toml and requirements/*.in allow
	PATH="$(CURDIR)/$(BIN):$$PATH" scripts/pin --upgrade

clean: ## Remove everything that was made here: environment, demo, caches
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist ./*.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(ENVIRONMENT): requirements/bootstrap.txt requirements/dev.txt pyproject.toml scripts/environment
	PYTHON=$(PYTHON) scripts/environment
	@touch $@
