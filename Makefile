# `make` lists the targets. PYTHON is the interpreter that sets up the virtual environment; PIP_FLAGS is handed
# to pip, for instance an --index-url of CPU builds of torch where pip does not find one by itself.
PYTHON ?= python3
PIP_FLAGS ?=
TOKENS ?= 1000000000
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help demo test lint figures picture pictures screenshots transcripts docs bench verification check system kernel extraction mutation tightness thorough fuzz campaign clean

help:  ## list the targets
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):.*## */\1\t/' | expand -t 10

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet $(PIP_FLAGS) --constraint constraints.txt --editable '.[dev]'
	touch $@

demo: .venv/installed  ## set up, and run the Collatz sequence of 27 on the transformer
	@echo 'The transformer decodes the run of programs/collatz.py on 27, token by token; what follows is its output.'
	printf '27\n' | $(BIN)/punchtape run programs/collatz.py --stats

lint: .venv/installed  ## set up, and check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Each core begins with a stretch of files of its own, and takes over from another when it is done: most fixtures of a
# file are made once, by the core that runs all of it.
TESTS := $(BIN)/python -m pytest -n auto --dist worksteal

test: lint  ## set up, check style and types, and run all tests
	$(TESTS)

bench: .venv/installed  ## set up, and measure tokens, speed and memory into benchmarks/results/
	$(BIN)/python -m benchmarks --long

verification: .venv/installed  ## set up, and verify a trace of TOKENS=1000000000 tokens (2 GB in long.trace) by 1 and by 2 processes
	$(BIN)/python -m benchmarks.long_verification --tokens $(TOKENS)

figures: .venv/installed  ## set up, count the numbers of the pages again, and write them in
	$(BIN)/python -m docs.figures

picture: .venv/installed  ## set up, and draw the pictures of the README and of the circuit language
	$(BIN)/python -m docs.picture
	$(BIN)/python -m docs.heads_picture

pictures: .venv/installed  ## set up, and draw the circuits and the attention of the page on pictures
	$(BIN)/python -m docs.pictures

screenshots: .venv/installed  ## set up, and make the screenshots of the documentation (needs Chromium, see system)
	PUNCHTAPE_SCREENSHOTS=1 $(BIN)/python -m pytest tests/explorer/test_page.py -k screenshots

transcripts: .venv/installed  ## set up, and run the console sessions of all pages, those that take minutes as well
	PUNCHTAPE_LONG_TRANSCRIPTS=1 $(BIN)/python -m pytest tests/docs/test_transcripts.py

docs: .venv/installed  ## set up, and build the documentation site into site/; a broken link is an error
	$(BIN)/mkdocs build --strict

check: .venv/installed  ## set up, and prove the lemmas about every machine, stacked and looped
	$(BIN)/punchtape check
	$(BIN)/punchtape check --form looped
	$(BIN)/punchtape check --base 10
	$(BIN)/punchtape check --machine ptm
	$(BIN)/punchtape check --machine ptm --form looped

system:  ## install Debian's packages that some tests need (Coq, Chromium), where that can be done; those tests are skipped without
	-command -v coqc || { apt-get update --quiet && apt-get install --yes --quiet --no-install-recommends coq; }
	-command -v chromium || { apt-get update --quiet && apt-get install --yes --quiet --no-install-recommends chromium; }

kernel:  ## check with Coq what is proved by its kernel (Debian's package coq)
	cd proofs_check/coq && for file in Lag TuringMachine TuringToLag UniversalTuring UniversalReading RamMachine RamTokens \
		RamNumbers RamValues RamOperations RamDivision RamAddresses RamInstruction RamSimulation RamPrompt Transformer Offsets \
		LagWindows LagDecoding LagCircuit PublishedLag Post PostDecoding UniversalPost \
		UniversalLag UniversalTransformer; do \
		echo "coqc $$file.v"; coqc -Q . "" $$file.v || exit 1; done

extraction: .venv/installed  ## set up, and compare the specification in Coq with the one in Python on 10,000 programs
	$(BIN)/python -m proofs_check.extraction --programs 10000

mutation: .venv/installed  ## set up, change every weight in turn, and what the circuit means: say which lemma notices (resumable)
	$(BIN)/python -m proofs_check.mutation --report proofs_check/mutation_report.md

tightness: .venv/installed  ## set up, and look for the first real error of each data type beside its N
	$(BIN)/python -m proofs_check.tightness

thorough: .venv/installed  ## set up, and run the property tests with fifty times as many examples
	HYPOTHESIS_PROFILE=thorough $(TESTS)

fuzz: .venv/installed  ## set up, and try fifty times as many damaged files on all readers
	HYPOTHESIS_PROFILE=thorough $(TESTS) tests/interpreter/test_readers.py

campaign: .venv/installed  ## set up, and try 100,000 random programs of every format on all cores (resumable)
	$(BIN)/punchtape campaign --programs 100000

clean:  ## remove the virtual environment and everything that was generated
	rm -rf .venv build dist site *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
