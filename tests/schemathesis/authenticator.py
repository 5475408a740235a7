"""An authenticator app and a security key, for the requests that take a second factor."""

import base64
import hashlib
import hmac
import json
import secrets
import struct
import time

# The curve P-256 (FIPS 186-5).
P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


def totp(secret):
    """The code that an app shows now for a secret in Base32 (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def added(one, two):
    if one is None or two is None:
        return one or two
    if one[0] == two[0] and (one[1] + two[1]) % P == 0:
        return None
    if one == two:
        slope = (3 * one[0] ** 2 - 3) * pow(2 * one[1], -1, P) % P
    else:
        slope = (two[1] - one[1]) * pow(two[0] - one[0], -1, P) % P
    x = (slope**2 - one[0] - two[0]) % P
    return x, (slope * (one[0] - x) - one[1]) % P


def times(number, point):
    result = None
    while number:
        if number & 1:
            result = added(result, point)
        point = added(point, point)
        number >>= 1
    return result


def text(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def integer(value):
    """In DER."""
    data = value.to_bytes(value.bit_length() // 8 + 1)
    return b"\x02" + bytes([len(data)]) + data


class SecurityKey:
    """Verifies its user, keeps one credential, and counts."""

    def __init__(self, origin):
        self.origin = origin
        self.private = secrets.randbelow(N - 1) + 1
        self.public = times(self.private, G)
        self.id = secrets.token_bytes(32)
        self.user = None
        self.counter = 1

    def client_data(self, kind, options):
        return json.dumps({"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}).encode()

    def data(self, host, flags, more=b""):
        self.counter += 1
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + struct.pack(">I", self.counter) + more

    def create(self, options):
        self.user = options["user"]["id"]
        x, y = (number.to_bytes(32) for number in self.public)
        public = b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20" + x + b"\x22\x58\x20" + y
        data = self.data(options["rp"]["id"], 0x45, bytes(16) + struct.pack(">H", len(self.id)) + self.id + public)
        attestation = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59" + struct.pack(">H", len(data)) + data
        client = self.client_data("webauthn.create", options)
        response = {"attestationObject": text(attestation), "clientDataJSON": text(client), "transports": ["usb"]}
        return {"id": text(self.id), "rawId": text(self.id), "type": "public-key", "response": response}

    def get(self, options):
        data, client = self.data(options["rpId"], 0x05), self.client_data("webauthn.get", options)
        digest = int.from_bytes(hashlib.sha256(data + hashlib.sha256(client).digest()).digest())
        nonce = secrets.randbelow(N - 1) + 1
        r = times(nonce, G)[0] % N
        both = integer(r) + integer(pow(nonce, -1, N) * (digest + r * self.private) % N)
        response = {
            "authenticatorData": text(data),
            "clientDataJSON": text(client),
            "signature": text(b"\x30" + bytes([len(both)]) + both),
            "userHandle": self.user,
        }
        return {"id": text(self.id), "rawId": text(self.id), "type": "public-key", "response": response}
