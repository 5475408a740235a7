#!/usr/bin/env bash
# Asks every operation of openapi.json with valid, borderline and invalid requests, of a real server with demo data on this
# machine. No 5xx, no answer outside the document, and every operation answered 2xx at least once; the last line counts
# operations. What is checked and what is not: tests/schemathesis/schemathesis.toml.
#
# The run signs in as the demo's owner, who administers the instance too. Whatever could end that session or change what the
# others work on (sign out, password, switch of workspace, ...) is asked by spare people who signed up for it, each operation
# by its own, who sign in again after each success; public operations are asked without a cookie. See tests/schemathesis/.
source "$(dirname "$0")/common.sh"
root=$PWD

python=${PYTHON:-python3}
"$python" -c 'import ensurepip, venv' 2>/dev/null || fail "Python's module venv is missing: run scripts/setup.sh test"
venv=target/schemathesis
wanted="$("$python" --version) $(digest < <(printf '%s\0' tests/schemathesis/requirements.txt))"
if [ ! -e "$venv/.installed" ] || [ "$(<"$venv/.installed")" != "$wanted" ]; then
    say 'Installing schemathesis'
    rm -rf "$venv"
    "$python" -m venv "$venv"
    "$venv/bin/pip" --quiet --disable-pip-version-check install --requirement tests/schemathesis/requirements.txt </dev/null
    echo "$wanted" >"$venv/.installed"
fi

bin=$(postgres_bin) || fail "PostgreSQL $oldest_postgres or newer is missing: run scripts/setup.sh test"
psql=psql
[ -x "$bin/psql" ] && psql=$bin/psql
atrium=${ATRIUM_BIN:-}
if [ -z "$atrium" ]; then
    mkdir -p web/dist
    cargo build --locked --bin atrium </dev/null
    atrium=$root/target/debug/atrium
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/atrium-schemathesis.XXXXXX")
server=
company=
stop() {
    if [ -n "$company" ]; then
        kill "$company" 2>/dev/null && wait "$company" || true
    fi
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null && wait "$server" || true
    fi
    rm -rf "$work"
}
trap stop EXIT
# The private server runs as another user where this runs as root.
chmod 711 "$work"

port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export ATRIUM_URL="http://127.0.0.1:$port" ATRIUM_DATA_DIR="$work/data" ATRIUM_ANSWERS="$work/answers.json" PSQL="$psql"
other=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
PYTHONDONTWRITEBYTECODE=1 "$python" tests/schemathesis/company.py "$other" &
company=$!
printf '[{ "key": "company", "name": "Company", "issuer": "http://127.0.0.1:%s", "client_id": "atrium" }]' "$other" >"$work/providers.json"
env -u DATABASE_URL -u DATABASE_OWNER_URL -u ATRIUM_SMTP_HOST "$atrium" serve --demo --rate-limit-factor 100000 --listen "127.0.0.1:$port" \
    --public-url "http://localhost:$port" --log-format text --providers "$work/providers.json" --private-services --private-company-providers --mail-links >"$work/server.log" 2>&1 &
server=$!
for ((tries = 0; tries < 600; tries++)); do
    kill -0 "$server" 2>/dev/null || { cat "$work/server.log" >&2; fail 'Atrium does not start'; }
    "$python" -c "import urllib.request; urllib.request.urlopen('$ATRIUM_URL/readyz', timeout=2)" 2>/dev/null && break
    sleep 0.2
done
[ "$tries" -lt 600 ] || { tail -n 30 "$work/server.log" >&2; fail 'Atrium is not ready'; }

status=0
(
    cd tests/schemathesis
    PYTHONPATH=. PYTHONDONTWRITEBYTECODE=1 "$root/$venv/bin/schemathesis" --no-color run "$root/openapi.json" \
        --report junit --report-junit-path "$work/junit.xml" </dev/null
) || status=$?

stream=$("$python" tests/schemathesis/stream.py)

if grep -E 'panicked|^[^ ]+ *ERROR| ERROR ' "$work/server.log" >"$work/errors"; then
    say 'The log of the server has errors:'
    tail -n 20 "$work/errors" >&2
    status=1
fi
if [ ! -e "$ATRIUM_ANSWERS" ] || [ ! -e "$work/junit.xml" ]; then
    echo '0 passed, 1 failed'
    exit 1
fi
"$python" tests/schemathesis/report.py openapi.json "$ATRIUM_ANSWERS" "$work/junit.xml" "$status" "${stream:-0}"
