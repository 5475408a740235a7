#!/usr/bin/env bash
# Sets up what is missing and runs every check. A step that fails does not keep the others from running.
source "$(dirname "$0")/common.sh"
set +e

logs=target/test-logs
mkdir -p "$logs"
passed=0
failed=0
skipped=0
summary=()

# step NAME COUNT COMMAND...: runs the command and adds up what COUNT prints ("passed failed skipped"), given the log.
# A command that fails counts as one failure at least, whatever it says.
step() {
    local name=$1 count=$2 status started=$SECONDS
    local ok=0 bad=0 out=0
    shift 2
    printf '\n== %s\n' "$name"
    "$@" </dev/null 2>&1 | tee "$logs/$name.log"
    status=${PIPESTATUS[0]}
    read -r ok bad out < <("$count" "$logs/$name.log" "$status")
    : "${ok:=0}" "${bad:=0}" "${out:=0}"
    if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
    if [ "$status" -eq 0 ] && [ $((ok + out)) -eq 0 ]; then
        echo "$name ran nothing"
        bad=$((bad + 1))
    fi
    passed=$((passed + ok))
    failed=$((failed + bad))
    skipped=$((skipped + out))
    summary+=("$(printf '%-20s %5d passed %4d failed %4d skipped %5d s' "$name" "$ok" "$bad" "$out" $((SECONDS - started)))")
    printf -- '-- %s: %d passed, %d failed, %d s\n' "$name" "$ok" "$bad" $((SECONDS - started))
}

plain() { sed 's/\x1b\[[0-9;]*m//g' "$1"; }

# A step that is one check.
one() { [ "$2" -eq 0 ] && echo 1 0 0 || echo 0 1 0; }

# cargo prints a line for each test program.
cargo_tests() {
    plain "$1" | awk '/^test result: / { ok += $4; bad += $6; out += $8 } END { print ok + 0, bad + 0, out + 0 }'
}

# Vitest and Playwright write their results as JSON.
vitest_tests() {
    node -e 'const r = JSON.parse(require("node:fs").readFileSync("target/test-logs/vitest.json", "utf8"));
             const broken = r.testResults.filter((file) => file.status === "failed" && file.assertionResults.every((t) => t.status !== "failed"));
             console.log(r.numPassedTests, r.numFailedTests + broken.length, r.numPendingTests + r.numTodoTests);' 2>/dev/null
}
playwright_tests() {
    node -e 'const { stats, errors } = JSON.parse(require("node:fs").readFileSync("e2e/results/report.json", "utf8"));
             console.log(stats.expected + stats.flaky, stats.unexpected + errors.length, stats.skipped);' 2>/dev/null
}

# Those that failed first and then passed, a line each: they count as passed, and somebody should look at them.
flaky_tests() {
    node -e 'const { suites } = JSON.parse(require("node:fs").readFileSync("e2e/results/report.json", "utf8"));
             const specs = (suite) => [...suite.specs, ...(suite.suites ?? []).flatMap(specs)];
             for (const { title, file, tests } of suites.flatMap(specs))
                 if (tests.some(({ status }) => status === "flaky")) console.log(`only at the second attempt: ${file} › ${title}`);' 2>/dev/null
}

# A script that counts by itself and says so in its last line.
last_line() { plain "$1" | tail -n 1 | sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2 0/p'; }

# cargo's own runner and not nextest: the integration tests share one cluster, and nextest gives each test a process.
rust_tests() { cargo test --locked --workspace --no-fail-fast --color never; }
web_tests() { (cd web && npx --no-install vitest run --reporter=default --reporter=json --outputFile=../target/test-logs/vitest.json); }
web_lint() { scripts/web.sh install && (cd web && npm run --silent lint); }
browser_lint() { scripts/web.sh install-e2e && (cd e2e && npm run --silent lint); }
browser_tests() {
    scripts/web.sh install-e2e && cargo build --locked --bin atrium &&
        (cd e2e && ATRIUM_BIN="$PWD/../target/debug/atrium" npx --no-install playwright test)
}

# Results of an earlier run must not be counted where a step fails before it writes its own.
rm -f target/test-logs/vitest.json e2e/results/report.json

step setup one scripts/setup.sh test
step rust-format one cargo fmt --all --check
step web-lint one web_lint
# Before anything is compiled: the program holds the web app's files.
step web-build one scripts/web.sh build
step web-tests vitest_tests web_tests
step rust-lint one cargo clippy --locked --workspace --all-targets --color never -- -D warnings
step rust-tests cargo_tests rust_tests
step guards-apply last_line scripts/guards.sh --check
step api last_line scripts/schemathesis.sh
step derived-files one scripts/derived.sh --check
# Compiling cargo-deny takes as long as all the tests, so that it is used where somebody has it, and else counts as left out.
left_out() { echo 0 0 1; }
if command -v cargo-deny >/dev/null; then
    step dependencies one cargo deny --locked --offline check bans licenses sources
else
    step dependencies left_out echo 'cargo-deny is not installed'
fi
step browser-lint one browser_lint
step browser-tests playwright_tests browser_tests

printf '\n'
printf '%s\n' "${summary[@]}"
flaky_tests
[ "$skipped" -eq 0 ] || echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
