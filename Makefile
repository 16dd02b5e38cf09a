# make demo: set up, train, evaluate, score an example. make test: set up, lint, types, tests.
# Everything is installed into .venv by pinned version; nothing else on the machine is touched.

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || echo python3)
BIN := .venv/bin
DEMO := build/demo

.PHONY: demo test lint types tests train evaluate reproduce clean

demo: .venv/ready
	$(BIN)/python train.py --models $(DEMO)/models
	$(BIN)/python evaluate.py --models $(DEMO)/models --reports $(DEMO)/reports
	NARRATIVES_MODELS=$(DEMO)/models $(BIN)/narratives score examples/nl-grensoefening.txt

test: lint types tests

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/ready
	$(BIN)/mypy

tests: .venv/ready
	$(BIN)/python -m pytest

train: .venv/ready
	$(BIN)/python train.py

evaluate: .venv/ready
	$(BIN)/python evaluate.py

# Retrain the model in use from the committed data and compare it byte for byte; its card may carry figures of an evaluation.
reproduce: .venv/ready
	rm -rf build/reproduce
	$(BIN)/python train.py --models build/reproduce --version $$(cat models/current)
	diff -r -x MODEL_CARD.md -x '*.sig' build/reproduce/$$(cat models/current) models/$$(cat models/current)
	@echo "equal to the byte: models/$$(cat models/current)"

.venv/ready: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade --constraint constraints.txt pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

clean:
	rm -rf .venv build dist reports .pytest_cache .mypy_cache .ruff_cache .hypothesis
