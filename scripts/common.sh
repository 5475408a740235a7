# Read by the other scripts: where the project is, which cargo is meant, how messages look.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# rustup puts cargo here, and a shell that is not a login shell does not look there.
if ! command -v cargo >/dev/null && [ -x "${CARGO_HOME:-$HOME/.cargo}/bin/cargo" ]; then
    PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
fi
# The SQL of the checked queries comes from .sqlx; scripts/sqlx.sh alone asks a database.
export SQLX_OFFLINE="${SQLX_OFFLINE:-true}"

oldest_postgres=15

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "$*"
    exit 1
}

# The folder with `postgres` and `initdb` of a version that Atrium takes, found as the program finds it.
postgres_bin() {
    local folder major
    local candidates=()
    if [ -n "${PG_BIN:-}" ]; then
        candidates=("$PG_BIN")
    else
        IFS=: read -ra candidates <<<"$PATH"
        if command -v pg_config >/dev/null; then candidates+=("$(pg_config --bindir)"); fi
        while read -r folder; do candidates+=("$folder"); done < <(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV)
    fi
    for folder in "${candidates[@]}"; do
        [ -x "$folder/postgres" ] && [ -x "$folder/initdb" ] || continue
        major=$("$folder/postgres" --version | sed -n 's/.*(PostgreSQL) \([0-9]*\).*/\1/p')
        if [ "${major:-0}" -ge "$oldest_postgres" ]; then
            # The programs beside the real file: links of single programs are common.
            dirname "$(readlink -f "$folder/postgres")"
            return 0
        fi
    done
    return 1
}

# One line that changes with the content, names or number of the files named on standard input, NUL after each.
digest() { LC_ALL=C sort -z | xargs -0 -r sha256sum | sha256sum | cut -d ' ' -f 1; }
