VENV := .venv
PYTHON := $(VENV)/bin/python
PIP := $(PYTHON) -m pip --disable-pip-version-check --quiet
INSTALLED := $(VENV)/installed
TEST_INSTALLED := $(VENV)/test-installed

CATALOGUES := $(patsubst %.po,%.mo,$(wildcard translations/*/LC_MESSAGES/messages.po))

# Every process starts quicker with what the first one compiled.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: install run test lint bench translations

install: $(INSTALLED) $(CATALOGUES)

# All set-up is done here the first time. Another port: make run PORT=8010
run: $(INSTALLED) $(CATALOGUES)
	@test -e "$${DIGITALPOST_HOME:-instance}/initialised" || $(PYTHON) app.py init --demo
	@exec $(PYTHON) app.py run $(if $(PORT),--port $(PORT))

# SCREENSHOTS=1 leaves pictures of the pages in screenshots/.
test: $(TEST_INSTALLED) $(CATALOGUES)
	$(PYTHON) -m tests.services
	$(MAKE) --no-print-directory lint
	$(PYTHON) -m pytest -n 2 --durations=15 $(PYTEST)

lint: $(TEST_INSTALLED)
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy

# After texts have changed: puts new ones in the catalogues, and says what is left to translate.
translations: $(INSTALLED)
	@$(PYTHON) -m translations

bench: $(TEST_INSTALLED)
	$(PYTHON) -m tests.services
	$(PYTHON) -m benchmarks.run

$(PYTHON):
	@scripts/make_venv $(VENV)

$(INSTALLED): requirements.txt | $(PYTHON)
	@echo "Henter programmets dele ..."
	@$(PIP) install -r requirements.txt
	@touch $@

%.mo: %.po $(INSTALLED)
	@$(PYTHON) -m translations compile

$(TEST_INSTALLED): requirements-test.txt $(INSTALLED)
	@$(PIP) install -r requirements-test.txt
	@touch $@
