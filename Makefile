.DEFAULT_GOAL := help
.PHONY: help check bench docs clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/'

check: ## Run every check and every test
	./test

bench: ## Measure every claim in benchmarks/
	./test --version >/dev/null
	set -e; for claim in benchmarks/[a-z]*.py; do echo "== $$claim"; .venv/bin/python -m "benchmarks.$$(basename "$$claim" .py)"; done

docs: ## Write the reference pages from the code
	./rag --version >/dev/null
	.venv/bin/python docs/reference/generate.py

clean: ## Remove .venv and all caches; the data in .data stay
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -not -path './.data/*' -prune -exec rm -rf {} +
