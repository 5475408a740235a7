#!/usr/bin/env bash
# Writes the derived files anew. With --check it changes nothing, and fails where a file differs from what it should be.
source "$(dirname "$0")/common.sh"

# file or folder in the project = how it is made
made=$(mktemp -d "${TMPDIR:-/tmp}/atrium-derived.XXXXXX")
trap 'rm -rf "$made"' EXIT
mkdir -p "$made/docs" "$made/web/src/api"

scripts/sqlx.sh "$made/.sqlx"
if [ "${1:-}" != --check ]; then
    # The program below is compiled from them.
    rm -rf .sqlx
    cp -r "$made/.sqlx" .sqlx
fi

scripts/web.sh install
cargo build --bin atrium </dev/null
target/debug/atrium openapi >"$made/openapi.json"
target/debug/atrium docs-cli >"$made/docs/cli.md"
target/debug/atrium docs-scenario >"$made/docs/scenario.schema.json"
(cd web && npx --no-install openapi-typescript "$made/openapi.json" -o "$made/web/src/api/schema.d.ts" >/dev/null)

differs=0
for file in .sqlx openapi.json docs/cli.md docs/scenario.schema.json web/src/api/schema.d.ts; do
    if [ "${1:-}" != --check ]; then
        rm -rf "$file"
        cp -r "$made/$file" "$file"
    elif ! diff -ruN "$file" "$made/$file" | head -n 60; then
        say "$file is not what 'make derived' writes."
        differs=1
    fi
done
exit "$differs"
