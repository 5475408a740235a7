"""Opens the live stream as a member and prints its status. It ends when its reader goes: headers are what there is to see."""

import json
import os
import urllib.request

url = os.environ["ATRIUM_URL"] + "/api/v1"
credentials = json.dumps({"email": "ana@brightside.example", "password": "correct horse battery"}).encode()
request = urllib.request.Request(url + "/sessions", credentials, {"Content-Type": "application/json"})
with urllib.request.urlopen(request, timeout=10) as answer:
    cookie = answer.headers["Set-Cookie"].split(";")[0]
request = urllib.request.Request(url + "/events/stream", headers={"Cookie": cookie})
with urllib.request.urlopen(request, timeout=10) as answer:
    is_stream = answer.headers["Content-Type"].startswith("text/event-stream")
    print(answer.status if is_stream else f"{answer.status} not a stream")
