# One command each: `make` alone lists them. Every target prepares what it needs (packaging/bootstrap.sh) and may be
# repeated; PYTHON=... chooses the interpreter that makes .venv, ARGS=... goes on to the command.
SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help window translations demo test check lint format-check types imports format bench reliability bundle screenshots
.PHONY: security advisories pickle reliability package package-cuda run-ready dev-ready test-ready package-ready

BIN := .venv/bin
OUT := out/demo
# Workers for the tests; 0 keeps them in one process, as a debugger wants it.
JOBS ?= 2
ARGS ?=
export PYTHON

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile

window: run-ready ## Open the window with a simulated patient
	@$(BIN)/alnreader-gui --demo $(ARGS)

demo: run-ready ## Read a simulated patient and write its report (PDF)
	@$(BIN)/alnreader demo --out-dir $(OUT) $(ARGS)
	@for pdf in "$$PWD/$(OUT)"/*.pdf; do echo "Report: $$pdf"; done

test: test-ready ## Run the tests
	@$(BIN)/python -m pytest -q -n $(JOBS) $(ARGS)

check: lint format-check types imports security advisories pickle ## Everything that is checked without running the program

lint: dev-ready
	@$(BIN)/ruff check

format-check: dev-ready
	@$(BIN)/ruff format --check

types: dev-ready
	@$(BIN)/mypy

imports: dev-ready
	@$(BIN)/lint-imports

security: dev-ready
	@$(BIN)/bandit -q -r alnreader -ll -c pyproject.toml

advisories: dev-ready
	@$(BIN)/python packaging/advisories.py

pickle: dev-ready
	@$(BIN)/python packaging/no_pickle.py

format: dev-ready ## Sort imports and format the sources
	@$(BIN)/ruff check --fix-only
	@$(BIN)/ruff format

translations: dev-ready ## Bring the files of the translators up to date; say what is not translated
	@$(BIN)/python packaging/translations.py

screenshots: dev-ready ## Picture every screen of a whole reading (docs/screenshots)
	@$(BIN)/python packaging/screenshots.py $(ARGS)

bench: dev-ready ## Time the slow parts
	@$(BIN)/python benchmarks/bench.py $(ARGS)

reliability: test-ready ## Damage files, kill the program, cut its files, soak it; figures to docs/reliability.md (an hour)
	@mkdir -p out && set -o pipefail && $(BIN)/python benchmarks/dicom_reliability.py | tee out/dicom-reliability.txt
	@$(BIN)/python tests/reliability/measure.py $(ARGS)

bundle: dev-ready ## Train the shipped model again (hours)
	@$(BIN)/python packaging/make_bundle.py $(ARGS)

package: package-ready ## Freeze the program, test it, and make the .deb and the portable archive (dist/)
	@$(BIN)/python packaging/package.py $(ARGS)

package-cuda: package-ready ## The same with the installed CUDA build of torch (several GB)
	@$(BIN)/python packaging/package.py --allow-cuda $(ARGS)

run-ready:
	@packaging/bootstrap.sh run

dev-ready:
	@packaging/bootstrap.sh dev

test-ready:
	@packaging/bootstrap.sh test

package-ready:
	@packaging/bootstrap.sh package
