# Two commands matter: `make run` and `make test`. Both set up what is missing first.
.PHONY: help run test setup web derived format screenshots

help:
	@echo 'make run          set up, build and start Atrium with demo data on http://localhost:8080'
	@echo 'make test         set up and run every check; the last line says how many passed and failed'
	@echo 'make derived      write the derived files anew: openapi.json, API types, docs/cli.md, .sqlx'
	@echo 'make api          ask a real server every operation with generated requests'
	@echo 'make guards       take each guard away and see its test fail (half an hour)'
	@echo 'make format       format Rust, the web app and the browser tests'
	@echo 'make screenshots  save pictures of every screen to e2e/results/screens'

run:
	@scripts/run.sh

test:
	@scripts/test.sh

setup:
	@scripts/setup.sh test

web:
	@scripts/web.sh build

derived:
	@scripts/derived.sh

format:
	@cargo fmt --all
	@scripts/web.sh install && cd web && npm run --silent format
	@scripts/web.sh install-e2e && cd e2e && npm run --silent format

screenshots:
	@scripts/screenshots.sh

.PHONY: bench
# Every figure; one alone with `target/release/bench book` and the like. See docs/bench.md.
bench:
	@scripts/setup.sh run
	@scripts/web.sh build
	@cd bench/bookingkit && npm ci --silent
	@. scripts/common.sh && cargo build --locked --release -p atrium -p atrium-bench && target/release/bench all

.PHONY: api guards
# Every operation of openapi.json with generated requests; a step of `make test` too. See tests/schemathesis.
api:
	@scripts/setup.sh test
	@scripts/web.sh build
	@scripts/schemathesis.sh

# Takes each guard away and expects its test to fail. Compiles the tests once for each, so it takes half an hour.
guards:
	@scripts/setup.sh test
	@scripts/guards.sh
