#!/usr/bin/env bash
# Describes every checked query against a throw-away PostgreSQL with the current migrations.
# usage: sqlx.sh FOLDER: writes one query-<hash>.json for each query there, and nothing else may be in it.
#
# sqlx's macros write a file for each query they check against a live database, while the crate is compiled, so a crate
# that cargo finds fresh writes none. Each compilation therefore writes into a folder of its own under target/sqlx, emptied
# when it starts (sqlx-rustc.sh), and the result is the union: complete, without stale files, and only changed crates are
# checked again.
source "$(dirname "$0")/common.sh"
out=$(realpath -m "${1:?usage: sqlx.sh FOLDER}")

bin=$(postgres_bin) || fail "PostgreSQL $oldest_postgres or newer is missing: run scripts/setup.sh test"
work=$(mktemp -d "${TMPDIR:-/tmp}/atrium-sqlx.XXXXXX")
run=()
if [ "$(id -u)" -eq 0 ]; then
    user=$({ getent passwd postgres nobody || true; } | head -n 1 | cut -d : -f 1)
    chown "$user" "$work"
    run=(setpriv "--reuid=$user" "--regid=$(id -g "$user")" --clear-groups)
fi
stop() {
    [ -e "$work/data/postmaster.pid" ] && (cd / && "${run[@]}" "$bin/pg_ctl" -D "$work/data" -m immediate -s stop) || true
    rm -rf "$work"
}
trap stop EXIT

(
    cd /
    "${run[@]}" "$bin/initdb" -D "$work/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 -N >"$work/initdb.log" 2>&1 ||
        { cat "$work/initdb.log" >&2; exit 1; }
    "${run[@]}" "$bin/pg_ctl" -D "$work/data" -s -w -l "$work/data/log" \
        -o "-c listen_addresses='' -c unix_socket_directories='$work' -c fsync=off -c autovacuum=off" start </dev/null ||
        { cat "$work/data/log" >&2; exit 1; }
)

psql=psql
[ -x "$bin/psql" ] && psql=$bin/psql
as() {
    local role=$1
    shift
    PGOPTIONS='-c client_min_messages=warning' "$psql" -X -q -v ON_ERROR_STOP=1 -h "$work" -U "$role" "$@" >/dev/null
}
as postgres -d postgres -c 'CREATE ROLE atrium_owner LOGIN' -c 'CREATE ROLE atrium_app LOGIN' \
    -c 'CREATE DATABASE atrium OWNER atrium_owner'
# The queue's own tables, from the SQL files of the locked version of its crate.
queue=$(cargo metadata --format-version 1 --filter-platform "$(rustc -vV | sed -n 's/^host: //p')" |
    node -e 'const { packages } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
             console.log(require("node:path").dirname(packages.find((p) => p.name === "graphile_worker_migrations").manifest_path));')
{
    echo 'CREATE SCHEMA graphile_worker;'
    cat "$queue"/src/sql/m*.sql | sed 's/:GRAPHILE_WORKER_SCHEMA/graphile_worker/g'
} | as atrium_owner -d atrium -1
for file in migrations/*.up.sql; do as atrium_owner -d atrium -f "$file"; done

# The program embeds the web app; what is in it does not matter here.
mkdir -p web/dist
# What all crates' descriptions hang on. Another value is another wrapper, for which cargo has nothing that is fresh.
world=$( (
    cat "$queue"/src/sql/m*.sql migrations/*.up.sql crates/*/sqlx.toml crates/*/Cargo.toml Cargo.toml Cargo.lock
    "$bin/postgres" --version
    cat scripts/sqlx-rustc.sh
    find crates -path '*/tests/*' -o -path '*/examples/*' -o -path '*/benches/*' -o -path '*/src/bin/*' | LC_ALL=C sort
) | sha256sum | cut -c 1-16)
parts="$PWD/target/sqlx/$world"
if [ ! -d "$parts" ]; then
    rm -rf target/sqlx
    mkdir -p "$parts"
fi
ln -sf "$PWD/scripts/sqlx-rustc.sh" "$parts/rustc"
env -u CARGO_ENCODED_RUSTFLAGS RUSTC_WORKSPACE_WRAPPER="$parts/rustc" SQLX_PARTS="$parts" SQLX_OFFLINE=false \
    DATABASE_URL="postgres://atrium_owner@localhost/atrium?host=$work" \
    cargo check --workspace --all-targets </dev/null

rm -rf "$out"
mkdir -p "$out"
find "$parts" -name 'query-*.json' -exec cp -f {} "$out/" \;
