"""Signs the requests in, adds one valid request for each operation, and counts what was answered."""

import atexit
import itertools
import json
import os
import threading
import uuid
from collections import defaultdict

import schemathesis

import records

_lock = threading.Lock()
_turns = itertools.count()
# operation -> status -> how often
_answers = defaultdict(lambda: defaultdict(int))


def _is_id(text):
    try:
        return bool(uuid.UUID(text))
    except (AttributeError, TypeError, ValueError):
        return False


@schemathesis.hook
def before_call(context, case, kwargs):
    # Without a cookie where none is asked for: signing in, for one, ends the session that came along.
    if "security" not in case.operation.definition.raw:
        return
    label = case.operation.label
    stops = records.STOPS_OTHERS.match(label)
    if stops and _is_id(id := case.path_parameters.get("id")) and id not in records.expendable[stops[1]]:
        case.path_parameters["id"] = records.expendable[stops[1]][-1] if next(_turns) % 2 else str(uuid.uuid4())
    who = records.spare(label).caller if label in records.OF_SPARES else records.owner.fresh()
    case.cookies = {**(case.cookies or {}), records.COOKIE: who.token}
    # Nearly no generated tag is a record's version, and all that follows would never be reached.
    if case.headers and "If-Match" in case.headers and next(_turns) % 2:
        case.headers["If-Match"] = "*"


@schemathesis.hook
def before_add_examples(context, examples):
    operation = context.operation
    examples.append(operation.Case(**records.REQUESTS[operation.label]()))


@schemathesis.hook
def after_call(context, case, response):
    label = case.operation.label
    with _lock:
        _answers[label][response.status_code] += 1
    renewed = [line for line in response.headers.get("set-cookie", []) if line.startswith(f"{records.COOKIE}=")]
    if label in records.OF_SPARES and records.KEEPS_THE_SESSION.match(label) and renewed:
        records.spare(label).caller.token = renewed[0].split(";")[0].split("=", 1)[1]
    if response.status_code == 401 or b'"incorrect"' in response.content:
        records.forgive()
    ends_it = label in records.OF_SPARES and case.method != "GET" and not records.KEEPS_THE_SESSION.match(label)
    if ends_it and response.status_code < 300 and label in records.ENDS_ITS_SPARE:
        records.anew(label)
    elif ends_it and response.status_code < 300:
        records.spare(label).renew(case.body["new_password"] if label == "PUT /api/v1/me/password" else None)


@atexit.register
def write():
    with open(os.environ["ATRIUM_ANSWERS"], "w", encoding="utf-8") as out:
        json.dump(_answers, out)
