# Every target installs what it needs first (Debian or Ubuntu, as root or with sudo), or says what to install.
# CARGO_TARGET_DIR is honoured everywhere.

.PHONY: help run test lint fmt web e2e bench fuzz

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' Makefile

run: ## build everything and start the hub with demo data on http://localhost:8080
	@make/run

test: ## everything that must hold: format, lints, Rust tests, web checks, browser tests
	@make/test

lint: ## format and lints of the Rust code
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings

fmt: ## put the Rust code into form
	cargo fmt --all

web: ## build the web app into web/dist
	@make/web

e2e: ## the browser tests alone
	@make/need cargo cc node postgresql redis chromium
	@make/web
	cargo build --locked
	@make/e2e

bench: ## measure; writes docs/benchmarks.md
	@make/need cargo cc postgresql redis
	cargo build --profile dist --locked -p switchboard -p bench
	"$${CARGO_TARGET_DIR:-target}/dist/bench" all --write docs/benchmarks.md

fuzz: ## fuzz one target for a while: make fuzz TARGET=webhooks SECONDS=60
	@make/need cargo cc fuzz
	cd fuzz && RUSTC_BOOTSTRAP=1 cargo fuzz run $(TARGET) --sanitizer none -- -max_total_time=$(or $(SECONDS),60)
