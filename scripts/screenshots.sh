#!/usr/bin/env bash
# Saves pictures of every screen and public page to e2e/results/screens.
source "$(dirname "$0")/common.sh"
scripts/setup.sh test
scripts/web.sh build
scripts/web.sh install-e2e
cargo build --bin atrium </dev/null
cd e2e && ATRIUM_BIN="$PWD/../target/debug/atrium" npm run --silent screenshots
