#!/bin/sh
# rustc for the crates of this workspace, with a folder of its own for the queries of each compilation (see sqlx.sh).
root=
mode=code
for argument in "$@"; do
    case $argument in
        --test) mode=test ;;
        *.rs) root=${root:-$argument} ;;
    esac
done
# Cargo also asks for the version, the target and the like, without a source file.
if [ -n "$root" ]; then
    SQLX_OFFLINE_DIR="$SQLX_PARTS/$CARGO_PKG_NAME.$(basename "$(dirname "$root")").$(basename "$root" .rs).$mode"
    export SQLX_OFFLINE_DIR
    rm -rf "$SQLX_OFFLINE_DIR"
    mkdir -p "$SQLX_OFFLINE_DIR"
fi
exec "$@"
