#!/usr/bin/env bash
# Sets up what is missing, builds what changed, and starts Atrium with demo data.
source "$(dirname "$0")/common.sh"

scripts/setup.sh run
scripts/web.sh build
# The first build takes minutes; cargo shows how far it is.
cargo build --locked --release --bin atrium </dev/null

data=${ATRIUM_DATA_DIR:-data}
# The private server does not run as root, and its user must be able to reach the data. /root, for one, is closed to it.
if [ "$(id -u)" -eq 0 ] && [ -z "${DATABASE_URL:-}" ] && [ -z "${ATRIUM_DATA_DIR:-}" ]; then
    user=$({ getent passwd postgres nobody || true; } | head -n 1 | cut -d : -f 1)
    if ! setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups test -x "$PWD"; then
        data=/var/lib/atrium
        say "The data goes to $data: the database server runs as the user $user, who may not enter $PWD."
    fi
fi

exec target/release/atrium serve --demo --data-dir "$data" \
    --listen "${ATRIUM_LISTEN:-127.0.0.1:8080}" --public-url "${ATRIUM_PUBLIC_URL:-http://localhost:8080}"
