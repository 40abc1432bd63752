# What people and CI run. `make` alone lists the targets.
#
# A fresh machine needs a C compiler, make, perl (for the built-in OpenSSL) and cargo: scripts/ensure-tools looks after
# them, scripts/with-postgres after a PostgreSQL for the tests.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test test-sqlite test-postgres fixtures fmt lint doc schema contract deny bench ci tools

# Where rustup puts cargo, for a shell that was opened before it was installed.
export PATH := $(PATH):$(HOME)/.cargo/bin

CLOGIN := $(or $(CARGO_TARGET_DIR),target)/release/clogin

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' Makefile

run: tools ## Build, set up the demo projects, and serve; CLOGIN_DATABASE_URL=… for another database than ./clogin.db
	cargo build --release --locked
	$(CLOGIN) apply fixtures/demo.json fixtures/demo-other.json
	exec $(CLOGIN) serve

test: test-sqlite test-postgres ## All tests: on SQLite, then on PostgreSQL

test-sqlite: tools ## Unit tests, integration tests on SQLite, fixtures, examples in the documentation
	env -u CLOGIN_TEST_POSTGRES_URL cargo test --locked

test-postgres: tools ## Integration tests and fixtures on a PostgreSQL of their own, or on that of CLOGIN_TEST_POSTGRES_URL
	scripts/with-postgres cargo test --locked --test integration --test fixtures

fixtures: tools ## Replay the fixtures against a running server: BASE_URL=http://127.0.0.1:8080 [FIXTURES=DIR]
	@test -n '$(BASE_URL)' || { echo 'Which server? make fixtures BASE_URL=http://127.0.0.1:8080' >&2; exit 2; }
	CLOGIN_FIXTURES_BASE_URL='$(BASE_URL)' $(if $(FIXTURES),CLOGIN_FIXTURES_DIR='$(FIXTURES)') \
	    cargo test --locked --test fixtures

fmt: tools ## Format the code
	cargo fmt

lint: tools ## Format and clippy; a warning is an error
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings

doc: tools ## The documentation of the code; a warning is an error
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps

schema: ## Print src/db/schema.rs anew from the migrations
	scripts/print-schema

contract: tools ## The release binary against its own /openapi.json: Schemathesis, and a generated client; ARGS=… to schemathesis
	scripts/contract $(ARGS)

deny: tools ## Licences, sources and advisories of the dependencies
	@cargo deny --version >/dev/null 2>&1 || { echo 'cargo-deny is missing: cargo install --locked cargo-deny' >&2; exit 1; }
	cargo deny --locked check

bench: tools ## Measure: requests a second and latencies on both databases; ARGS=… goes to bench/run
	bench/run $(ARGS)

ci: tools ## What CI runs: lint, doc, test
	@for stage in lint doc test; do \
	    started=$$(date +%s); \
	    $(MAKE) --no-print-directory $$stage || exit; \
	    echo "ci: $$stage took $$(($$(date +%s) - started)) s"; \
	done

tools:
	@scripts/ensure-tools
