# Two commands do everything: `make run` serves the product, `make test` checks it.
PYTHON ?= python3.11
PYTHON_RASA ?= python3.10
VENV := .venv
BIN := $(VENV)/bin
EVAL_DATA ?= $(or $(FRONTLINE_EVAL_DATA),$(wildcard ../shared/eval))
export OMP_NUM_THREADS ?= 1

.PHONY: help lock install run check test test-slow test-telephony lint types eval eval-rasa bench bench-voice screenshots install-test install-transformers rasa coqui system clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 24

$(VENV)/.installed: pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not installed; name another with make PYTHON=python3.12"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --disable-pip-version-check -q -c constraints.txt -e .
	touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(BIN)/pip install --disable-pip-version-check -q -c constraints.txt -e '.[test]'
	touch $@

$(VENV)/.installed-transformers: $(VENV)/.installed
	$(BIN)/pip install --disable-pip-version-check -q -c constraints.txt -e '.[transformers]'
	touch $@

install: $(VENV)/.installed  ## environment only

install-test: $(VENV)/.installed-test

install-transformers: $(VENV)/.installed-transformers  ## the optional sentence-transformers encoder

rasa:  ## the optional engine: Rasa 3.6.21 in its own environment (Python 3.10, 2.7 GB)
	@sh deploy/rasa.sh $(PYTHON_RASA) .venv-rasa

coqui:  ## the optional voices of coqui-tts in their own environment (1.8 GB)
	@sh deploy/coqui.sh $(PYTHON) .venv-coqui

run: install  ## serve: http://127.0.0.1:8080 with the example knowledge base
	@exec $(BIN)/frontline serve

check: install  ## verify configuration, database, models, index and ports
	@$(BIN)/frontline check

system:  # Chromium, PostgreSQL and Redis for the live tests, where apt and root allow
	@sh deploy/test-services.sh

lint: install-test  ## ruff and the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: install-test  ## mypy --strict
	$(BIN)/mypy

test: install-test system lint types  ## everything but the slow suites
	$(BIN)/pytest -m "not slow and not eval and not telephony"

test-slow: install-test install-transformers system  ## fuzzing, kill -9, transformers, quality floors
	FRONTLINE_EVAL_DATA=$(EVAL_DATA) $(BIN)/pytest -m "slow or eval"

test-telephony: install-test  ## real calls: Asterisk and SIP telephones, where apt and root allow
	@sh deploy/test-telephones.sh
	$(BIN)/pytest tests/telephony

eval: install  ## answer quality on the development questions, beside BM25; intents of public sets
	@test -n "$(EVAL_DATA)" || { echo "set FRONTLINE_EVAL_DATA to the folder with kb_dev.jsonl"; exit 1; }
	$(BIN)/frontline eval kb $(EVAL_DATA)/kb_dev.jsonl
	$(BIN)/frontline eval public $(EVAL_DATA)

eval-rasa: install  ## intents of the public sets beside Rasa's DIET, learnt in the same run; half an hour
	@test -n "$(EVAL_DATA)" || { echo "set FRONTLINE_EVAL_DATA to the folder with clinc150"; exit 1; }
	$(BIN)/frontline eval public $(EVAL_DATA) --engine rasa

bench: install-test  ## speed, memory and size, beside baselines
	$(BIN)/python -m bench

bench-voice: install-test  ## the telephone: answers, turns, calls per core, word errors, beside Pipecat (600 MB); half an hour
	@sh deploy/pipecat.sh $(PYTHON) .venv-pipecat
	$(BIN)/python -m bench voice

screenshots: install-test system  ## retake docs/screenshots from the running product
	$(BIN)/python docs/screenshots/take.py

clean:  ## remove the environment and caches, keep data/
	rm -rf $(VENV) .venv-rasa .venv-coqui .venv-pipecat .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

lock:  ## rewrite constraints.txt from a fresh environment with everything installed
	sh deploy/lock.sh $(PYTHON)
