#!/usr/bin/env bash
# Installs the npm packages and builds the web app, each only where something changed since the last time.
# usage: web.sh install|install-e2e|build
source "$(dirname "$0")/common.sh"
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1

install() {
    local folder=$1
    local stamp="$folder/node_modules/.installed"
    local now
    now="$(node --version) $(printf '%s\0' "$folder/package-lock.json" "$folder/package.json" | digest)"
    if [ ! -e "$stamp" ] || [ "$(<"$stamp")" != "$now" ]; then
        say "Installing the npm packages of $folder"
        (cd "$folder" && npm ci --no-fund --no-audit --loglevel=error </dev/null)
        echo "$now" >"$stamp"
    fi
}

build() {
    local stamp=target/web-built
    local now
    now=$(find web \( -name node_modules -o -name dist -o -name '*.tsbuildinfo' \) -prune -o -type f -print0 | digest)
    if [ ! -e web/dist/index.html ] || [ ! -e "$stamp" ] || [ "$(<"$stamp")" != "$now" ]; then
        say 'Building the web app'
        rm -f "$stamp"
        (cd web && npm run --silent build </dev/null)
        mkdir -p target
        echo "$now" >"$stamp"
    fi
}

case ${1:-build} in
    install) install web ;;
    install-e2e) install e2e ;;
    build) install web && build ;;
    *) fail "usage: web.sh install|install-e2e|build" ;;
esac
