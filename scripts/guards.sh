#!/usr/bin/env bash
# Proves that guards guard: applies each patch of tests/guards to a copy of HEAD, and expects the test that it names to fail.
# The first line of a patch is `# test: <name>`, the second `# guard: <what is taken away>`.
# usage: guards.sh [NAME...]: all of them, or those patches only
#        guards.sh --check: only that each applies and names a test; the last line counts
source "$(dirname "$0")/common.sh"
root=$PWD
if [ "${1:-}" = --check ]; then
    tests=$(cargo test -q --locked -p atrium --test it -- --list </dev/null | sed -n 's/: test$//p')
    held=0
    broken=0
    for patch in tests/guards/*.patch; do
        test=$(sed -n '1s/^# test: //p' "$patch")
        if ! grep -qFx -- "$test" <<<"$tests"; then
            say "$patch: no test is named '$test'"
        elif ! git apply --check "$patch"; then
            say "$patch does not apply"
        else
            held=$((held + 1))
            continue
        fi
        broken=$((broken + 1))
    done
    echo "$held passed, $broken failed"
    [ "$broken" -eq 0 ]
    exit
fi
# Always the same place, so that only what a patch changes is compiled again.
tree="$root/target/guards/tree"
logs="$root/target/guards/logs"
git worktree prune
if [ -e "$tree/.git" ]; then
    git -C "$tree" checkout -q -f --detach "$(git rev-parse HEAD)"
    git -C "$tree" clean -qfd
else
    rm -rf "$tree"
    git worktree add -q --detach "$tree" HEAD
fi
mkdir -p "$logs" "$tree/web/dist"
export CARGO_TARGET_DIR="$root/target/guards"

patches=()
if [ $# -eq 0 ]; then
    patches=("$root"/tests/guards/*.patch)
else
    for name; do patches+=("$root/tests/guards/$name.patch"); done
fi

say 'Compiling the tests as they are'
(cd "$tree" && cargo test -q --locked -p atrium --test it --no-run </dev/null) || fail 'the tests do not compile without any patch'

# Every test must pass as long as its guard is there.
mapfile -t tests < <(sed -sn '1s/^# test: //p' "${patches[@]}" | sort -u)
(cd "$tree" && cargo test -q --locked -p atrium --test it -- --exact "${tests[@]}" </dev/null) >"$logs/unpatched.log" 2>&1 ||
    { tail -n 40 "$logs/unpatched.log" >&2; fail 'a test fails without any patch'; }
grep -q "${#tests[@]} passed" "$logs/unpatched.log" || fail "a patch names a test that is not there: ${tests[*]}"

held=0
broken=0
printf '%-26s %-76s %s\n' guard test outcome
for patch in "${patches[@]}"; do
    test=$(sed -n '1s/^# test: //p' "$patch")
    name=$(basename "$patch" .patch)
    log="$logs/$name.log"
    git -C "$tree" checkout -q -f . && git -C "$tree" clean -qfd
    if ! git -C "$tree" apply "$patch"; then
        outcome='the patch does not apply'
        broken=$((broken + 1))
    elif (cd "$tree" && cargo test -q --locked -p atrium --test it -- --exact "$test" </dev/null) >"$log" 2>&1; then
        outcome='STILL PASSES: nothing guards it'
        broken=$((broken + 1))
    elif grep -q 'test result: FAILED. 0 passed; 1 failed' "$log"; then
        outcome='fails without it, as it should'
        held=$((held + 1))
    else
        outcome="did not run: $(grep -m1 -E '^error' "$log" || tail -n 1 "$log")"
        broken=$((broken + 1))
    fi
    printf '%-26s %-76s %s\n' "$name" "$test" "$outcome"
done
git -C "$tree" checkout -q -f . && git -C "$tree" clean -qfd
echo "$held passed, $broken failed"
[ "$broken" -eq 0 ]
