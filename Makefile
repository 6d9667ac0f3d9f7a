# Covey's tasks. Each line of help below stands behind its target; CI runs the same targets and nothing else.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup run build test lint format tidy contract bench test-postgres ci

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

setup: ## install what a bare machine lacks
	@Scripts/setup build test

run: ## build Covey, start it with the example assistant and chat with it
	@Scripts/setup build
	@Scripts/run

build: ## build everything, tests included
	@Scripts/setup build
	@swift build --build-tests --quiet

test: ## run every test on SQLite; no key, no network service
	@Scripts/setup build test
	@Scripts/json-schema-suite.sh
	@Scripts/jmespath-suite.sh
	@Scripts/python
	@Scripts/test

test-postgres: ## run the tests of store and server on a PostgreSQL of their own
	@Scripts/setup build test postgres
	@Scripts/python
	@Scripts/test-postgres

lint: ## check the formatting
	@swift format lint --strict --parallel --recursive Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources Benchmarks/Tests

format: ## format in place
	@swift format --in-place --parallel --recursive Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources Benchmarks/Tests

tidy: ## check the house rules
	@Scripts/setup build
	@Scripts/test --filter TidyTests

contract: ## compare the served API with the contract, and fuzz it at length; fails when a gap is new
	@Scripts/setup build test
	@Scripts/python
	@COVEY_CONTRACT=1 Scripts/test --filter ContractTests

bench: ## measure Covey against a plain proxy and no proxy at all
	@Scripts/setup build bench
	@Benchmarks/run

ci: lint ## everything, cheapest first
	@Scripts/setup build test postgres
	@swift test --package-path Benchmarks --scratch-path .build/benchmarks-debug --disable-xctest
	@Scripts/python
	@Scripts/test-postgres
	@$(MAKE) --no-print-directory test
