"""Prints what each operation answered, and counts: an operation passes that was answered 2xx at least once and failed no check.

usage: report.py DOCUMENT ANSWERS JUNIT EXIT-STATUS STATUS-OF-THE-STREAM
"""

import json
import sys
from collections import defaultdict
from xml.etree import ElementTree

METHODS = ("get", "put", "post", "delete", "patch")
STREAM = "GET /api/v1/events/stream"


def wrong_by_name(junit):
    """What the tool says of each operation, and of itself under other names."""
    wrong = defaultdict(list)
    for case in ElementTree.parse(junit).iter("testcase"):
        for kind in ("failure", "error"):
            if case.find(kind) is not None:
                wrong[case.get("name")].append(f"{kind}, see above")
    return wrong


def main(document, answers, junit, status, stream):
    with open(document, encoding="utf-8") as text:
        paths = json.load(text)["paths"]
    with open(answers, encoding="utf-8") as text:
        answered = json.load(text)
    answered[STREAM] = {stream: 1}
    wrong = wrong_by_name(junit)
    labels = [f"{method.upper()} {path}" for path, item in paths.items() for method in METHODS if method in item]
    print(f"{'operation':<84} {'2xx':>5} {'4xx':>5} {'5xx':>5}  answers")
    for label in labels:
        counts = answered.get(label, {})
        of = {first: sum(n for code, n in counts.items() if code.startswith(first)) for first in "245"}
        if not of["2"]:
            wrong[label].append("never answered 2xx")
        codes = " ".join(f"{code}:{n}" for code, n in sorted(counts.items()))
        verdict = f"  FAILED: {', '.join(wrong[label])}" if label in wrong else ""
        print(f"{label:<84} {of['2']:>5} {of['4']:>5} {of['5']:>5}  {codes}{verdict}")
    for name in wrong.keys() - set(labels):
        print(f"{name}: {', '.join(wrong[name])}")
    if status != "0" and not wrong:
        wrong["the run"].append("failed, see above")
    passed = sum(label not in wrong for label in labels)
    print(f"{passed} passed, {len(wrong)} failed")
    return len(wrong)


if __name__ == "__main__":
    sys.exit(1 if main(*sys.argv[1:]) else 0)
