# The workflow, for people and for CI: `make demo`, `make test`, `make check`.
SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PORT ?= 8080
DEMO ?= stay
PARALLEL ?= -n auto --dist worksteal  # PARALLEL= runs all tests in one process, one after the other

# Archives and indexes of tests wait for the disk at each commit. In memory, where there is enough, they do not.
IN_MEMORY := $(shell [ "$$(df --output=avail -k /dev/shm 2>/dev/null | tail -1)" -gt 4000000 ] 2>/dev/null && echo TMPDIR=/dev/shm)

KERNELS := indexer/engines/whoosh/snapshot/ indexer/snippets/  # the packages with files in C, as in setup.py

.PHONY: help install install-test demo test check lint types architecture unit endurance mutants oldest hops docs man wheel clean opensearch cluster-tests

help:           ## what can be made
	@grep -hE '^[a-z-]+: .*##|^[a-z-]+:  *##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/ - /'

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(BIN)/python setup.cfg pyproject.toml setup.py $(wildcard $(addsuffix *.[ch],$(KERNELS)))
	@echo "Installing feed-search and its libraries into $(VENV) (about 300 MB, one to three minutes) ..."
	@sed -n '/^install_requires/,/^$$/{/^    /s/^    /  /p}' setup.cfg
	$(BIN)/python -m pip install --quiet --upgrade pip "setuptools>=77"
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed setup.cfg
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --editable '.[test,benchmark]'
	@touch $@

install: $(VENV)/.installed  ## the product, into .venv
install-test: $(VENV)/.installed-test  ## the product and what its tests need

demo: $(VENV)/.installed  ## crawl the bundled sample site and serve a search page (DEMO=once: exit instead of serving)
	@DEMO=$(DEMO) PORT=$(PORT) $(BIN)/python index_data/sample/demo.py

lint: $(VENV)/.installed-test
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .

types: $(VENV)/.installed-test
	$(BIN)/mypy

architecture: $(VENV)/.installed-test
	$(BIN)/lint-imports --config setup.cfg

unit: $(VENV)/.installed-test
	$(IN_MEMORY) $(BIN)/python -m pytest -q $(PARALLEL) -m "not cluster and not slow" tests/unit tests/meta tests/contract indexer webui

check: lint types architecture unit  ## format, lint, types, architecture, unit and contract tests (not the slow ones), doctests: under 2 minutes

# Debian's chromium and systemd-analyze. Without the rights to install them, their tests skip and say so (CI: fail).
browser:
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null; } || true
	@command -v systemd-analyze >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq --no-install-recommends systemd >/dev/null; } || true

opensearch: $(VENV)/.installed-test  ## Java and the jars of the OpenSearch nodes that the tests start (90 MB, kept in ~/.cache)
	$(BIN)/python tests/support/opensearch_cluster.py

test: $(VENV)/.installed-test browser check cluster-tests  ## the whole test suite
	$(BIN)/python -m pytest -q $(PARALLEL) -m "slow and not cluster" tests/unit tests/contract
	$(BIN)/python -m pytest -q $(PARALLEL) -m "not cluster" $(wildcard tests/flow/test_*.py tests/endurance/test_*.py tests/quality/test_*.py tests/browser/test_*.py)

cluster-tests: $(VENV)/.installed-test  ## the tests of the engine on OpenSearch, with one cluster of three nodes
	-$(MAKE) --no-print-directory opensearch
	$(BIN)/python -m pytest -q -m cluster tests/unit tests/contract tests/flow tests/endurance

endurance: $(VENV)/.installed-test  ## hours of kills, damage and load: what `make test` does a few times
	ENDURANCE=full $(BIN)/python -m pytest -q -s tests/endurance tests/flow/test_server_limits.py

mutants: $(VENV)/.installed-test  ## put 200 small faults into the packages that decide, and count how many their tests notice
	$(BIN)/python tests/mutation/run.py

oldest: ## unit, contract and flow tests with the oldest libraries that setup.cfg allows, in .venv-oldest
	$(PYTHON) -m venv .venv-oldest
	.venv-oldest/bin/python -m pip install --quiet --upgrade pip "setuptools>=77"
	.venv-oldest/bin/python tests/support/oldest_versions.py test > .venv-oldest/constraints.txt
	PYTHONWARNINGS=ignore .venv-oldest/bin/python -m pip install --quiet --constraint .venv-oldest/constraints.txt --editable '.[test]'
	.venv-oldest/bin/python -m pytest -q $(PARALLEL) -m "not cluster" tests/unit tests/contract $(wildcard tests/flow/test_*.py) indexer webui

hops: $(VENV)/.installed-test  ## count the modules that a feed entry and a query cross
	$(BIN)/python benchmarks/hops.py

$(VENV)/.installed-docs: $(VENV)/.installed setup.cfg
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --editable '.[docs]'
	@touch $@

docs: $(VENV)/.installed-docs  ## build the documentation into build/docs; a dead link is an error (LINKS=1: check the web, too)
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs build/docs
	@if [ -n "$(LINKS)" ]; then $(BIN)/python -m sphinx -q -b linkcheck docs build/links; fi
	@echo "build/docs/index.html"

man: $(VENV)/.installed-docs  ## write the man pages into build/man
	$(BIN)/python docs/man_pages.py build/man

wheel: $(VENV)/.installed-test  ## a wheel in dist/, with the compiled kernel if there is a compiler
	$(BIN)/python -m build --wheel --quiet

clean:  ## remove what was made
	rm -rf $(VENV) .venv-oldest build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
