"""Another company's OpenID provider, as small as one can be: its page to sign in on answers at once, with code and state as JSON,
for whomever the query names as `who`. usage: company.py PORT"""

import hashlib
import json
import secrets
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from authenticator import G, N, text, times

ISSUER = f"http://127.0.0.1:{sys.argv[1]}"
PRIVATE = secrets.randbelow(N - 1) + 1
PUBLIC = times(PRIVATE, G)
codes = {}


def signed(claims):
    """A JWT of ES256 (RFC 7518, 3.4)."""
    signing = ".".join(text(json.dumps(part).encode()) for part in ({"alg": "ES256", "kid": "one"}, claims))
    digest = int.from_bytes(hashlib.sha256(signing.encode()).digest())
    nonce = secrets.randbelow(N - 1) + 1
    r = times(nonce, G)[0] % N
    s = pow(nonce, -1, N) * (digest + r * PRIVATE) % N
    return f"{signing}.{text(r.to_bytes(32) + s.to_bytes(32))}"


class Company(BaseHTTPRequestHandler):
    def answer(self, body, status=200):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        at = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(at.query).items()}
        if at.path == "/.well-known/openid-configuration":
            self.answer(
                {
                    "issuer": ISSUER,
                    "authorization_endpoint": f"{ISSUER}/authorize",
                    "token_endpoint": f"{ISSUER}/token",
                    "jwks_uri": f"{ISSUER}/jwks",
                    "response_types_supported": ["code"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["ES256"],
                }
            )
        elif at.path == "/jwks":
            x, y = (text(number.to_bytes(32)) for number in PUBLIC)
            self.answer({"keys": [{"kty": "EC", "crv": "P-256", "kid": "one", "use": "sig", "x": x, "y": y}]})
        elif at.path == "/authorize":
            code = secrets.token_urlsafe()
            codes[code] = asked
            self.answer({"code": code, "state": asked["state"]})
        else:
            self.answer({}, 404)

    def do_POST(self):
        form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
        asked = codes.pop(form.get("code", [""])[0], None)
        verifier = hashlib.sha256(form.get("code_verifier", [""])[0].encode()).digest()
        if asked is None or text(verifier) != asked["code_challenge"]:
            return self.answer({"error": "invalid_grant"}, 400)
        now, who = int(time.time()), asked["who"]
        claims = {"iss": ISSUER, "sub": who, "aud": asked["client_id"], "iat": now, "exp": now + 300, "auth_time": now}
        claims |= {"nonce": asked["nonce"], "email": f"{who}@company.example", "email_verified": True, "name": "Somebody"}
        self.answer({"access_token": "of no use", "token_type": "Bearer", "id_token": signed(claims)})

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Company).serve_forever()
