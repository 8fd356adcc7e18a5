# make demo and make test need Python 3.11+, Node and npm; they set up the rest themselves.
PYTHON ?= python3
BIN := .venv/bin
ASSETS := src/usher/web/static/vendor/.built

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint types check assets browser screenshots lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: .venv/.installed $(ASSETS) ## Install everything into .venv and build the front-end assets

# A Debian Python may come without venv; as root we can bring it ourselves.
.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Usher needs Python 3.11 or later."; exit 1; }
	@$(PYTHON) -m venv .venv 2>/dev/null || { \
	  rm -rf .venv; echo "This Python has no venv; installing it."; \
	  if [ "$$(id -u)" = 0 ]; then apt-get update -q && apt-get install -qy python3-venv; else echo "Run: sudo apt-get install python3-venv"; exit 1; fi; \
	  $(PYTHON) -m venv .venv; }

.venv/.installed: requirements/dev.txt pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

assets: $(ASSETS) ## Build the front-end assets from npm, by lock file

# The icons that are used are found in templates and Python, so a change there can change the sprite.
$(ASSETS): package.json package-lock.json frontend/build.mjs $(shell find src/usher -name '*.html' -o -name '*.py')
	@if [ ! -d node_modules ] || [ package-lock.json -nt node_modules ]; then npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && touch node_modules; fi
	npm run --silent build
	@touch $@

demo: setup ## Try Usher: a simulated Asana, one account connected and synced, one waiting
	$(BIN)/usher demo

browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || { \
	  if [ "$$(id -u)" = 0 ]; then echo "Installing Chromium for the browser tests."; apt-get update -q && apt-get install -qy chromium; \
	  else echo "The browser tests need Chromium. Run: sudo apt-get install chromium"; exit 1; fi; }

test: setup browser ## Run all tests
	$(BIN)/python -m pytest -n 2 --dist loadgroup

lint: setup ## Style, and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: setup ## Type checks
	USHER_HOME=$$(mktemp -d) $(BIN)/mypy

check: lint types ## Everything that needs no test run
	USHER_HOME=$$(mktemp -d) $(BIN)/python -m usher.config.check_migrations

screenshots: setup browser ## Take the pictures in docs/ anew
	$(BIN)/python -m docs.take_screenshots

lock: setup ## Lock the newest versions that pyproject.toml allows
	$(BIN)/python -m pip install --quiet uv
	for which in "run:" "dev:--group dev"; do \
	  $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-header pyproject.toml $${which#*:} -o requirements/$${which%%:*}.txt || exit 1; done

clean: ## Remove what was built and installed
	rm -rf .venv node_modules src/usher/web/static/vendor .demo
