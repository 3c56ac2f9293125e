# Two commands matter: `make verify` (the main job) and `make test`. Both set everything up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := $(shell find link theory numerics crosscheck interface tiltproof -name '*.py') pyproject.toml README.md

.PHONY: verify test test-slow test-html test-formal test-kernel mutation status site dist lint types clean

verify: $(VENV)/.installed
	$(BIN)/tiltproof verify

test: $(VENV)/.tools
	$(BIN)/pytest -n auto --dist worksteal -m "not slow and not html"

test-slow: $(VENV)/.tools
	$(BIN)/pytest -m slow

# Packages of Debian, one command at a time: apt-get waits for no other.
APT = flock $(VENV)/.apt sh -c 'apt-get update && apt-get install --yes --no-install-recommends "$$@"' apt

# Debian's browser and LaTeX, installed where there are none yet.
test-html: $(VENV)/.tools
	command -v chromium >/dev/null && kpsewhich booktabs.sty >/dev/null || \
	  $(APT) chromium texlive-latex-recommended
	$(BIN)/pytest -m html tests/html tests/reports

# Theorems for Coq, proved again and forged; Debian's Coq, installed where there is none yet (docs/kernel.md).
# test-kernel is three of them, under half a minute.
COQ = command -v coqc >/dev/null || $(APT) coq libcoq-interval libcoq-coquelicot
test-formal: $(VENV)/.tools
	$(COQ)
	$(BIN)/pytest tests/certificates/test_kernel.py tests/certificates/test_kernel_claims.py
test-kernel: $(VENV)/.tools
	$(COQ)
	$(BIN)/pytest -m kernel tests/certificates/test_kernel.py

# Whether verify and the tests notice changed code: an hour or more on two cores (docs/mutation.md).
mutation: $(VENV)/.tools
	$(BIN)/pip install --quiet --disable-pip-version-check ".[mutation]"
	$(BIN)/python tests/mutation

# docs/status.md anew: every claim on every library link, a few minutes. Code 3 (something is open) is fine.
status: $(VENV)/.installed
	$(BIN)/tiltproof verify --no-cache --json-out $(VENV)/status.json || test $$? -eq 3
	$(BIN)/python docs/status.py $(VENV)/status.json docs/status.md

# The documentation as a site in site/, a few minutes; any warning is an error.
site: status
	$(BIN)/pip install --quiet --disable-pip-version-check ".[site]"
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

# What would be published, in dist/, checked: the last commit, its README's links absolute, as an index of packages
# shows it. OWNER in the addresses is filled in before.
dist: $(VENV)/.python
	rm -rf dist $(VENV)/source
	mkdir $(VENV)/source
	git archive HEAD | tar -x -C $(VENV)/source
	sed -i -e 's#](docs/threshold.svg)#](https://raw.githubusercontent.com/OWNER/tiltproof/main/docs/threshold.svg)#' \
	  -e 's#](\(docs/\|CHANGELOG\)#](https://github.com/OWNER/tiltproof/blob/main/\1#g' $(VENV)/source/README.md
	$(BIN)/pip install --quiet --disable-pip-version-check build twine
	$(BIN)/python -m build --outdir dist $(VENV)/source
	$(BIN)/twine check --strict dist/*

lint: $(VENV)/.tools
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/vulture

# The installed wheel is checked, from a directory that holds no folder of ours.
types: $(VENV)/.tools
	cd $(VENV) && bin/mypy --config-file ../pyproject.toml -p tiltproof

$(VENV)/.python:
	$(PYTHON) -m venv $(VENV)
	touch $@

# A wheel, not an editable install: what is tested is what is shipped. Its modules and those of its libraries, but
# for their own tests, are compiled on all cores, where pip would use one.
INSTALL = $(BIN)/pip install --quiet --disable-pip-version-check --no-compile
COMPILE = $(BIN)/python -m compileall -qq -j 0 -x '/tests?/' $(VENV)/lib
$(VENV)/.installed: $(VENV)/.python $(SOURCES)
	rm -rf build
	$(INSTALL) .
	rm -rf build
	-$(COMPILE)
	touch $@

# One build for both, where neither is up to date.
$(VENV)/.tools: $(VENV)/.python $(SOURCES)
	rm -rf build
	$(INSTALL) ".[test,lint]"
	rm -rf build
	-$(COMPILE)
	touch $(VENV)/.installed $@

clean:
	rm -rf $(VENV) build dist site *.egg-info
