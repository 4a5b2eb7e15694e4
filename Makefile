# Each target sets up the .venv that it needs by itself. Arguments: make demo ARGS='--seed 7', make test ARGS='-k D04'

export PYTHONUTF8 = 1

.PHONY: help demo setup test long coverage check fmt rule mutants bench chaos compose lock

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' Makefile

demo: ## everything in one go on this machine: simulated settlements, a live board, the alerts
	@sh demo.sh $(ARGS)

setup: ## .venv with what the tests need
	@sh deploy/setup.sh dev

test: setup ## all tests but the long ones
	timeout --foreground --signal INT --kill-after 60 4800 .venv/bin/python -m pytest -n 3 --dist loadscope --no-loadscope-reorder --maxfail 12 $(ARGS)

long: setup ## the tests that take long; shorter ones of `make test` ask nearly the same
	.venv/bin/python -m pytest -n 2 --dist loadscope --no-loadscope-reorder -m long $(ARGS)

coverage: setup ## all tests with branch coverage of rules/ and streams/, 95 % at the least; slow
	.venv/bin/python -m pytest -n 2 --dist loadscope --no-loadscope-reorder --cov --cov-branch $(ARGS)

check: setup ## ruff, mypy --strict, and who may import whom
	.venv/bin/python -m ruff check
	.venv/bin/python -m ruff format --check
	.venv/bin/python -m mypy
	.venv/bin/python -c 'from importlinter.cli import lint_imports_command as main; main(["--no-logo"])'

fmt: setup ## format, and mend what ruff can mend
	.venv/bin/python -m ruff format
	.venv/bin/python -m ruff check --fix

rule: setup ## the files of a new rule, for you to fill: make rule ID=S99 NAME=wandering_card LEDGER=visits [FAMILY=credential]
	@.venv/bin/python -m tests.scaffold_rule '$(ID)' '$(NAME)' '$(LEDGER)' '$(FAMILY)'

mutants: setup ## which changes of a number or comparison in a rule its own tests do not notice: ARGS='S01 B12'
	.venv/bin/python -m tests.mutants $(ARGS)

bench: setup ## CPU, memory and rate beside other stream processors, same broker and events: ARGS='--events 40000'
	.venv/bin/python -m tests.bench $(ARGS)

chaos: setup ## faults on purpose, with a verdict: make chaos ARGS='kill stop --minutes 5'; ARGS=--help lists them
	.venv/bin/python -m tests.chaos $(ARGS)

compose: setup ## docker-compose.yml on a Docker engine of its own, with stand-in images; Debian, as root
	@bash tests/compose/run

lock: setup ## requirements*.lock from pyproject.toml, packages a week old (ARGS=--upgrade: newer ones)
	.venv/bin/python -m pip install --quiet uv==0.13.9
	$(COMPILE) pyproject.toml --output-file requirements.lock
	$(COMPILE) pyproject.toml --group dev --constraint requirements.lock --output-file requirements-dev.lock
	for peer in tests/bench/peers/*/requirements.in; do $(COMPILE) $$peer --output-file $${peer%in}txt; done

# One lock serves both Pythons: what only one of them needs carries a marker.
COMPILE = .venv/bin/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--exclude-newer '7 days' --custom-compile-command 'make lock' $(ARGS)
