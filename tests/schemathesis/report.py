"""Prints what each operation answered, and counts: an operation passes that was answered 2xx at least once and failed no check.

usage: report.py DOCUMENT ANSWERS EXIT-STATUS-OF-SCHEMATHESIS STATUS-OF-THE-STREAM
"""

import json
import sys

METHODS = ("get", "put", "post", "delete", "patch")
STREAM = "GET /api/v1/events/stream"


def main(document, answers, status, stream):
    with open(document, encoding="utf-8") as text:
        paths = json.load(text)["paths"]
    with open(answers, encoding="utf-8") as text:
        recorded = json.load(text)
    recorded["answers"][STREAM] = {stream: 1}
    labels = [f"{method.upper()} {path}" for path, item in paths.items() for method in METHODS if method in item]
    passed = failed = 0
    print(f"{'operation':<84} {'2xx':>5} {'4xx':>5} {'5xx':>5}  answers")
    for label in labels:
        counts = recorded["answers"].get(label, {})
        of = {first: sum(n for code, n in counts.items() if code.startswith(first)) for first in "245"}
        wrong = list(recorded["failures"].get(label, []))
        if not of["2"]:
            wrong.append("never answered 2xx")
        if wrong:
            failed += 1
        else:
            passed += 1
        codes = " ".join(f"{code}:{n}" for code, n in sorted(counts.items()))
        print(f"{label:<84} {of['2']:>5} {of['4']:>5} {of['5']:>5}  {codes}{'  FAILED: ' + ', '.join(wrong) if wrong else ''}")
    if status != "0" and not failed:
        print("schemathesis itself failed; see above")
        failed = 1
    print(f"{passed} passed, {failed} failed")
    return failed


if __name__ == "__main__":
    sys.exit(1 if main(*sys.argv[1:]) else 0)
