VENV := .venv
PYTHON := $(VENV)/bin/python
PIP := $(PYTHON) -m pip --disable-pip-version-check --quiet
INSTALLED := $(VENV)/installed
TEST_INSTALLED := $(VENV)/test-installed

.PHONY: install run test lint bench

install: $(INSTALLED)

# All set-up is done here the first time. Another port: make run PORT=8010
run: $(INSTALLED)
	@test -e "$${DIGITALPOST_HOME:-instance}/keys/master.key" || $(PYTHON) app.py init --demo
	@exec $(PYTHON) app.py run $(if $(PORT),--port $(PORT))

test: $(TEST_INSTALLED)
	$(PYTHON) -m tests.services
	$(MAKE) --no-print-directory lint
	$(PYTHON) -m pytest -n 2 --durations=15 $(PYTEST)

lint: $(TEST_INSTALLED)
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy

bench: $(TEST_INSTALLED)
	$(PYTHON) -m tests.services
	$(PYTHON) -m benchmarks.run

$(PYTHON):
	@scripts/make_venv $(VENV)

$(INSTALLED): requirements.txt | $(PYTHON)
	@echo "Henter programmets dele ..."
	@$(PIP) install -r requirements.txt
	@touch $@

$(TEST_INSTALLED): requirements-test.txt $(INSTALLED)
	@$(PIP) install -r requirements-test.txt
	@touch $@
