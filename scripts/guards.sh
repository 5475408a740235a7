#!/usr/bin/env bash
# Proves that guards guard: applies each patch of tests/guards to a copy of the tree, and expects the test that it names to fail.
# The first line of a patch is `# test: <name>`, the second `# guard: <what is taken away>`.
set -u
cd "$(dirname "$0")/.."
copy=$(mktemp -d)
trap 'git worktree remove --force "$copy/tree" >/dev/null 2>&1; rm -rf "$copy"' EXIT
git worktree add --detach "$copy/tree" HEAD >/dev/null 2>&1 || { echo "cannot make a copy of HEAD"; exit 1; }
export CARGO_TARGET_DIR="$PWD/target/guards" SQLX_OFFLINE=true
mkdir -p "$copy/tree/web/dist"
held=0 broken=0
printf '%-34s %-52s %s\n' guard test outcome
for patch in tests/guards/*.patch; do
  test=$(sed -n '1s/^# test: //p' "$patch")
  name=$(basename "$patch" .patch)
  if ! (cd "$copy/tree" && git checkout -q . && git apply "$OLDPWD/$patch"); then
    outcome="the patch does not apply"; broken=$((broken + 1))
  else
    log="$copy/$name.log"
    (cd "$copy/tree" && cargo test -q -p atrium --test it -- --exact "$test") >"$log" 2>&1
    code=$?
    if [ $code -eq 0 ]; then
      outcome="STILL PASSES: nothing guards it"; broken=$((broken + 1))
    elif grep -q "test result: FAILED. 0 passed; 1 failed" "$log"; then
      outcome="fails without it, as it should"; held=$((held + 1))
    else
      outcome="did not run: $(grep -m1 -E '^error' "$log" || tail -n1 "$log")"; broken=$((broken + 1))
    fi
  fi
  printf '%-34s %-52s %s\n' "$name" "$test" "$outcome"
done
echo "$held held, $broken broken"
[ $broken -eq 0 ]
