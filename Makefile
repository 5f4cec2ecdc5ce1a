# make demo [PROMPT="..."]   a prompt becomes out/demo.mp4 and out/demo.png, with the model in this repository
# make test                  lint, types and every test, in two processes
# make test-fast             within a minute: the tests that are neither slow nor in need of a ComfyUI; no lint, no types
# make fuzz [N=1000]        that many changed inputs of each kind; `make test` has 200
# make docs                  locales, help pages, node table, docs/tree.md, docs/compatibility.md, drawn workflows
# make site                  the documentation, from docs/ into out/site
# make lint | bench | clean  (train: see `.venv/bin/python -m sora_core.train --help`)
#
# The first call makes .venv and installs what it needs; afterwards nothing is downloaded and the network may be off.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
FIND_PYTHON = command -v "$(PYTHON)" >/dev/null || { echo "There is no $(PYTHON) on PATH: install Python 3.10 or newer,\
 or name it: make demo PYTHON=/path/to/python3"; exit 1; }
INSTALL_INPUTS := pyproject.toml constraints.txt scripts/install.py

# Idle OpenMP threads sleep instead of spinning: far faster where cores are few or shared.
export OMP_WAIT_POLICY ?= passive

# The prompt reaches the program as an environment variable, untouched by make and by the shell: no character in
# it has a meaning on the way. Only the command line counts, because some shells keep their own PROMPT variable.
ifeq ($(origin PROMPT),command line)
export SORA_PROMPT := $(value PROMPT)
endif
unexport PROMPT
MAKEOVERRIDES :=

N := 1000

.PHONY: demo test test-fast fuzz lint docs site bench clean
.DEFAULT_GOAL := demo

demo: $(VENV)/.installed-demo
	@$(BIN)/python scripts/demo.py

test: $(VENV)/.installed-test lint
	$(BIN)/python -m pytest -q -n 2

test-fast: $(VENV)/.installed-test
	$(BIN)/python -m pytest -q -m "not slow and not live" --ignore=tests/integration

fuzz: $(VENV)/.installed-test
	$(BIN)/python tests/fuzz/run.py --cases $(N)

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python scripts/typecheck.py

docs: $(VENV)/.installed-demo
	@$(BIN)/python -m scripts.docs

bench: $(VENV)/.installed-test
	$(BIN)/python -m benchmarks

site: $(VENV)/.installed-docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

clean:
	rm -rf out build dist .pytest_cache .mypy_cache .ruff_cache *.egg-info
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +

$(VENV)/.installed-demo: $(INSTALL_INPUTS)
	@$(FIND_PYTHON)
	@$(PYTHON) scripts/install.py $(VENV)

$(VENV)/.installed-test: $(INSTALL_INPUTS)
	@$(FIND_PYTHON)
	@$(PYTHON) scripts/install.py $(VENV) test

$(VENV)/.installed-docs: $(INSTALL_INPUTS)
	@$(FIND_PYTHON)
	@$(PYTHON) scripts/install.py $(VENV) docs
