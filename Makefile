# What people run, and what CI runs. `make help` lists it.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
DOCKER ?= docker
BASE_IMAGE ?= $(shell sed -n 's/^ARG BASE_IMAGE=//p' Dockerfile)
TARGET ?= cpu
SOURCE ?= unknown
IMAGE ?= fullcount$(if $(filter gpu,$(TARGET)),:gpu)
SERVE ?= 1
FRESH ?= 0
PORT ?= 8000

# Compiled modules are kept whatever the shell says: else each process that imports TensorFlow compiles it again.
export PYTHONDONTWRITEBYTECODE :=

BIN := .venv/bin
# Its date is when the environment was last made equal to the pins.
ENVIRONMENT := .venv/.complete
FAST_TESTS := tests/unit tests/api tests/process tests/property tests/docs $(wildcard tests/test_*.py)
# Those that draw examples: few in `make test`, ten times as many in `make test-thorough`.
SAMPLING_TESTS := tests/property tests/unit/app/reports/test_gate.py \
	$(addprefix tests/unit/model_store/evaluation/,test_suspicion.py test_comparison.py)
PYTEST := $(BIN)/python -m pytest
QUICK := -n 2 -m "not thorough"
# In the order of tests/conftest.py.
BY_FILE := --dist loadfile --no-loadscope-reorder
COVERAGE ?=
# Per cent of lines and branches that the fast tests must reach.
COVERAGE_FLOORS := model_store:98 app:90 training:73
define check_coverage
@for floor in $(COVERAGE_FLOORS); do \
		echo "$${floor%:*}, at least $${floor#*:} %: $$($(BIN)/coverage report --include "$${floor%:*}/*" --format total)"; \
		$(BIN)/coverage report --include "$${floor%:*}/*" --fail-under "$${floor#*:}" >/dev/null; \
	done
endef

.PHONY: help demo test unit coverage test-thorough test-all test-python3.13 docs check lint types format image \
	requirements base-image audit hooks release bench bench-evaluate bench-training screenshots clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9.-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(ENVIRONMENT) ## Train on solar cells, serve, predict, evaluate; SERVE=0 stops after it, FRESH=1 trains again
	@$(BIN)/python -m scripts.demo --port $(PORT) $(if $(filter 0,$(SERVE)),--no-serve) $(if $(filter 1,$(FRESH)),--fresh)

test: unit ## Run the tests: about seven minutes on two cores; sets up what they need
	$(PYTEST) $(QUICK) $(BY_FILE) --timeout 600 tests/tf
	-tests/browser/prepare >/dev/null
	$(PYTEST) $(QUICK) $(BY_FILE) --timeout 300 tests/browser
	$(PYTEST) $(QUICK) $(BY_FILE) --timeout 600 tests/e2e tests/attack

unit: $(ENVIRONMENT) ## Run the fast tests only: no TensorFlow, no browser, no container; COVERAGE=1 measures them
	$(PYTEST) $(QUICK) --timeout 120 $(if $(COVERAGE),--cov --cov-report=) $(FAST_TESTS)
	$(if $(COVERAGE),$(call check_coverage))

coverage: COVERAGE := 1
coverage: unit ## Measure what the fast tests cover, branches too, against the floor of each package

test-thorough: $(ENVIRONMENT) ## Run what `make test` leaves out: ten times the examples, every look, ten kills, longer attacks, the demo, the container
	$(PYTEST) -n 2 --timeout 900 --hypothesis-profile thorough $(SAMPLING_TESTS)
	-tests/browser/prepare >/dev/null
	$(PYTEST) -n 2 --timeout 900 --dist loadfile -m thorough tests
	$(PYTEST) --timeout 900 tests/container

test-all: test test-thorough ## Run every test

# The second line is for pyenv, whose python3.13 runs only if its version is chosen.
test-python3.13: PYTHON = python3.13
test-python3.13: export PYENV_VERSION ?= 3.13
test-python3.13: .venv-3.13/.complete ## Run the fast tests on Python 3.13; PYTHON=… names its interpreter
	$(<D)/bin/python -m pytest -n 2 -m "not thorough" --timeout 120 $(FAST_TESTS)

docs: $(ENVIRONMENT) ## Build the documents as a site, in build/docs; a warning is an error
	$(BIN)/sphinx-build -q -W --keep-going -b html docs build/docs

check: lint types docs test ## Lint, check types, build the documents, run every test

lint: $(ENVIRONMENT) ## Lint, check the format, and the types of the page
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/hadolint Dockerfile
	$(BIN)/codespell
	$(BIN)/python -m scripts.hooks.long_lines
	$(BIN)/biome ci --error-on-warnings
	tsc=$$(scripts/typescript) && "$$tsc" --project tsconfig.json

types: $(ENVIRONMENT) ## Check types
	$(BIN)/mypy

format: $(ENVIRONMENT) ## Format, and mend what the linter can mend
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/biome check --write

image: ## Build the image; TARGET=gpu for the other one, BASE_IMAGE=… for another base, SOURCE=… for the label
	DOCKER_BUILDKIT=1 $(DOCKER) build --target $(TARGET) --tag $(IMAGE) \
		--build-arg BASE_IMAGE=$(BASE_IMAGE) \
		--build-arg VERSION=$$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml) \
		--build-arg REVISION=$$(git rev-parse HEAD 2>/dev/null || echo unknown) \
		--build-arg CREATED=$$(git show --no-patch --format=%cI HEAD 2>/dev/null || echo unknown) \
		--build-arg SOURCE=$(SOURCE) .

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

base-image: ## Pin the image's base by the digest that its tag has now; asks a registry
	DOCKER=$(DOCKER) scripts/pin-base-image

audit: $(ENVIRONMENT) ## Compare the pins with the known advisories; asks PyPI about each
	for pins in serve-cpu serve-gpu dev; do \
		$(BIN)/uv tool run pip-audit --strict --require-hashes --disable-pip --requirement "requirements/$$pins.txt"; \
	done

hooks: $(ENVIRONMENT) ## Let git run the checks of .pre-commit-config.yaml before each commit and push
	$(BIN)/pre-commit install

release: $(ENVIRONMENT) ## Check, build and try out a release, and say what is left to do; publishes nothing
	$(BIN)/python -m scripts.release --docker $(DOCKER) --base-image $(BASE_IMAGE)

clean: ## Remove everything that was made here: environment, demo, caches
	rm -rf .venv .venv-3.13 .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist ./*.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(ENVIRONMENT) .venv-3.13/.complete: requirements/bootstrap.txt requirements/dev.txt pyproject.toml scripts/environment
	PYTHON=$(PYTHON) scripts/environment $(@D)
	@touch $@
