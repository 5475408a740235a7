#!/usr/bin/env bash
# Installs what is missing on a Debian system, or says what to do.
# usage: setup.sh run|test (tests need a browser too)
source "$(dirname "$0")/common.sh"
purpose=${1:-run}

packages=() # Debian packages to install
wanted=()   # the same in words, for systems with other packages
failures=()

need() {
    wanted+=("$1")
    shift
    packages+=("$@")
}

# Whether version $1 is at least $2.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

command -v cc >/dev/null || need 'a C compiler and linker (cc)' gcc libc6-dev
[ -e /etc/ssl/certs/ca-certificates.crt ] || [ -e /etc/ssl/cert.pem ] || [ -e /etc/pki ] ||
    need 'certificates of the public authorities' ca-certificates
if [ "$purpose" = test ] || [ -z "${DATABASE_URL:-}" ]; then
    postgres_bin >/dev/null ||
        need "PostgreSQL $oldest_postgres or newer: its server programs (PG_BIN names their folder if they are elsewhere)" postgresql
fi
if [ "$purpose" = test ]; then
    # The server's package brings psql along.
    if bin=$(postgres_bin) && [ ! -x "$bin/psql" ] && ! command -v psql >/dev/null; then
        need "PostgreSQL's psql" postgresql-client
    fi
    [ -x "${CHROMIUM:-/usr/bin/chromium}" ] ||
        need 'Chromium (CHROMIUM names the program if it is not /usr/bin/chromium)' chromium fonts-liberation
    "${PYTHON:-python3}" -c 'import ensurepip, venv' 2>/dev/null || need 'Python 3 with its module venv, for schemathesis' python3-venv
fi

if [ "${#packages[@]}" -gt 0 ]; then
    if ! command -v apt-get >/dev/null; then
        system=$(. /etc/os-release 2>/dev/null && echo "${PRETTY_NAME:-}" || true)
        say "This system (${system:-unknown}) has no apt-get, so nothing can be installed on it from here. Please install:"
        for item in "${wanted[@]}"; do say "  - $item"; done
        failures+=('system packages are missing')
    elif [ "$(id -u)" -ne 0 ]; then
        say "Missing, and only root can install it:"
        for item in "${wanted[@]}"; do say "  - $item"; done
        say "Run this, then 'make $purpose' again:"
        say "  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${packages[*]}"
        failures+=('system packages are missing')
    else
        say "Installing Debian packages: ${packages[*]}"
        apt=(apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 -qq)
        export DEBIAN_FRONTEND=noninteractive
        "${apt[@]}" update </dev/null || say 'apt-get update failed; going on with the package lists that are there.'
        log=$(mktemp)
        # Atrium starts a server of its own, so the package's must not take port 5432. Another one that is there stays.
        quiet=/etc/postgresql-common/createcluster.d/atrium-setup.conf
        trap 'rm -f "$quiet" "$log"' EXIT
        mkdir -p "$(dirname "$quiet")"
        echo 'create_main_cluster = false' >"$quiet"
        if ! "${apt[@]}" install -y --no-install-recommends "${packages[@]}" </dev/null >"$log" 2>&1; then
            tail -n 30 "$log" >&2
            failures+=("apt-get could not install: ${packages[*]}")
        fi
        if [ "${#failures[@]}" -eq 0 ] && { [ "$purpose" = test ] || [ -z "${DATABASE_URL:-}" ]; }; then
            postgres_bin >/dev/null || failures+=("this system's package 'postgresql' is older than $oldest_postgres: install a newer one from apt.postgresql.org, or name its folder with PG_BIN")
        fi
    fi
fi

rust=$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)
if ! command -v cargo >/dev/null; then
    failures+=("Rust $rust is missing: install it as https://rustup.rs says, then open a new shell")
elif ! version=$(rustc --version 2>&1); then
    say "$version"
    failures+=("rustc does not start; if rustup lacks the toolchain: rustup toolchain install $rust --profile minimal -c clippy -c rustfmt")
else
    version=$(cut -d ' ' -f 2 <<<"$version")
    at_least "$version" "${rust%.*}" || failures+=("Rust ${rust%.*} or newer is needed, and this is $version: rustup toolchain install $rust")
    if [ "$purpose" = test ]; then
        cargo clippy --version >/dev/null 2>&1 && cargo fmt --version >/dev/null 2>&1 ||
            failures+=("clippy or rustfmt is missing: rustup component add --toolchain $rust clippy rustfmt")
    fi
fi

node=$(sed -n 's/.*"node": ">=\([0-9.]*\)".*/\1/p' web/package.json)
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    failures+=("Node $node or newer with npm is missing: see https://nodejs.org/en/download")
else
    version=$(node --version | tr -d v)
    at_least "$version" "$node" || failures+=("Node $node or newer is needed, and this is $version: see https://nodejs.org/en/download")
fi

if [ "${#failures[@]}" -gt 0 ]; then
    say ''
    say "Atrium cannot be set up yet:"
    for failure in "${failures[@]}"; do say "  - $failure"; done
    exit 1
fi
