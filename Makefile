# `make demo` and `make test` need Python 3.11 or later, Node and npm. They install the rest themselves.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
ASSETS := src/usher/web/static/vendor/.built

.DEFAULT_GOAL := help
.PHONY: help demo dev setup setup-run test test-fast browser nginx pgbouncer prometheus rsyslog lint types check assets wheel audit screenshots lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: setup ## Try Usher with a simulated Asana and an invented company
	$(BIN)/usher demo

dev: setup ## Work on Usher: simulated Asana, database, worker, and pages that reload
	$(BIN)/usher dev

setup: .venv/.installed $(ASSETS) ## Install everything for development into .venv and build the assets

setup-run: $(ASSETS) | .venv/bin/python ## Install only what production needs into .venv
	$(PIP) --require-hashes -r requirements/run.txt
	$(PIP) --no-deps --force-reinstall .
	@rm -f .venv/.installed

# A Debian Python may come without venv; as root we can bring it ourselves.
.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Usher needs Python 3.11 or later."; exit 1; }
	@$(PYTHON) -m venv .venv 2>/dev/null || { \
	  rm -rf .venv; echo "This Python has no venv; installing it."; \
	  if [ "$$(id -u)" = 0 ]; then apt-get update -q && apt-get install -qy python3-venv; else echo "Run: sudo apt-get install python3-venv"; exit 1; fi; \
	  $(PYTHON) -m venv .venv; }

.venv/.installed: requirements/dev.txt pyproject.toml | .venv/bin/python
	$(PIP) --require-hashes -r requirements/dev.txt
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

assets: $(ASSETS) ## Build the front-end assets from npm, by lock file

# The icons that are used are found in templates and Python, so a change there can change the sprite.
$(ASSETS): package.json package-lock.json frontend/build.mjs $(shell find src/usher -name '*.html' -o -name '*.py')
	@if [ ! -d node_modules ] || [ package-lock.json -nt node_modules ]; then npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && touch node_modules; fi
	npm run --silent build
	@touch $@

wheel: setup ## Build the wheel into dist/, with the assets in it
	$(BIN)/hatchling build -t wheel

browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || { \
	  if [ "$$(id -u)" = 0 ]; then echo "Installing Chromium for the browser tests."; apt-get update -q && apt-get install -qy chromium; \
	  else echo "The browser tests need Chromium. Run: sudo apt-get install chromium"; exit 1; fi; }

# One test reads the example of docs/install.md with a real nginx. Without it, that test is skipped.
nginx:
	@command -v nginx >/dev/null || [ "$$(id -u)" != 0 ] || { apt-get update -q && apt-get install -qy --no-install-recommends nginx-light; } || true

# Tests of pools need a real pgbouncer, which tests start themselves. Without it, they are skipped.
pgbouncer:
	@test -x /usr/sbin/pgbouncer || command -v pgbouncer >/dev/null || [ "$$(id -u)" != 0 ] || { apt-get update -q && RUNLEVEL=1 apt-get install -qy --no-install-recommends pgbouncer; } || true

# Tests of metrics and alert rules ask promtool, which is in this package. Without it, they are skipped.
prometheus:
	@command -v promtool >/dev/null || [ "$$(id -u)" != 0 ] || { apt-get update -q && RUNLEVEL=1 apt-get install -qy --no-install-recommends prometheus; } || true

# One test has a real rsyslog read what Usher sends over TLS. Without it, that test is skipped.
rsyslog:
	@command -v rsyslogd >/dev/null && ls /usr/lib/*/rsyslog/lmnsd_gtls.so >/dev/null 2>&1 || [ "$$(id -u)" != 0 ] || { apt-get update -q && RUNLEVEL=1 apt-get install -qy --no-install-recommends rsyslog rsyslog-gnutls; } || true

# Many tests wait for processes, a browser or the database: on two cores, three at a time take less than two.
test: setup browser nginx pgbouncer prometheus rsyslog ## Run all tests
	$(BIN)/python -m pytest -n 3 --dist loadgroup --no-loadscope-reorder

test-fast: setup ## Run the tests that need no browser, kill nothing and are quick
	$(BIN)/python -m pytest -n 2 --dist loadgroup --no-loadscope-reorder -m "not browser and not kill and not slow"

lint: setup ## Check style and imports between packages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile

types: setup ## Check types
	USHER_HOME=$$(mktemp -d) $(BIN)/mypy

check: lint types ## Check style, imports, types and migrations
	USHER_HOME=$$(mktemp -d) $(BIN)/python -m usher.config.check_migrations

# pip-audit and npm audit ask services that know the published advisories; the SBOMs need no network.
audit: .venv-audit/.installed ## Write SBOMs (CycloneDX) into dist/ and look for known vulnerabilities
	@mkdir -p dist
	.venv-audit/bin/cyclonedx-py requirements requirements/run.txt --pyproject pyproject.toml --mc-type application -o dist/sbom-python.json
	npm sbom --package-lock-only --sbom-format cyclonedx > dist/sbom-npm.json
	.venv-audit/bin/pip-audit --strict --disable-pip --require-hashes -r requirements/run.txt
	npm audit

.venv-audit/.installed: requirements/audit.txt
	$(PYTHON) -m venv .venv-audit
	.venv-audit/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/audit.txt
	@touch $@

screenshots: setup browser ## Take the pictures in docs/ again
	$(BIN)/python -m docs.take_screenshots

lock: setup ## Lock the newest versions that pyproject.toml allows
	for which in "run:pyproject.toml" "dev:pyproject.toml --group dev --extra warehouse" "otel:pyproject.toml --extra otel" "audit:--group pyproject.toml:audit"; do \
	  $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-header $${which#*:} -o requirements/$${which%%:*}.txt || exit 1; done

clean: ## Remove what was built and installed
	rm -rf .venv .venv-audit node_modules src/usher/web/static/vendor dist .demo
