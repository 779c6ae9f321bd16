"""A WebAuthn authenticator and the browser before it, in software: ES256, attestation `none`."""

import hashlib
import json
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

Options = dict[str, Any]
USER_PRESENT, USER_VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """An authenticator with one credential; its attributes may be changed to misbehave."""

    origin: str = "http://localhost:8000"
    rp_id: str | None = None
    verifies_user: bool = True
    counts: bool = True
    counter: int = 0
    credential_id: bytes = b"a credential id!"
    cose_key: object = None
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def create(self, options: Options, *, kind: str = "webauthn.create") -> Options:
        """Return what `navigator.credentials.create()` returns, as JSON."""
        self.counter += self.counts
        attested = (
            bytes(16) + struct.pack(">H", len(self.credential_id)) + self.credential_id + self._cose_key()
        )
        data = self._data(self.rp_id or options["rp"]["id"], flags=ATTESTED) + attested
        response = {
            "clientDataJSON": encoded(self._client_data(kind, challenge=options["challenge"])),
            "attestationObject": encoded(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
            "transports": ["internal", "unheard-of"],
        }
        return self._credential(response)

    def get(self, options: Options, *, kind: str = "webauthn.get") -> Options:
        """Return what `navigator.credentials.get()` returns, as JSON."""
        self.counter += self.counts
        client_data = self._client_data(kind, challenge=options["challenge"])
        data = self._data(self.rp_id or options["rpId"])
        signature = self.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(SHA256()))
        response = {
            "clientDataJSON": encoded(client_data),
            "authenticatorData": encoded(data),
            "signature": encoded(signature),
            "userHandle": None,
        }
        return self._credential(response)

    def _data(self, rp_id: str, *, flags: int = 0) -> bytes:
        flags |= USER_PRESENT | (USER_VERIFIED if self.verifies_user else 0)
        return hashlib.sha256(rp_id.encode()).digest() + struct.pack(">BI", flags, self.counter)

    def _client_data(self, kind: str, *, challenge: str) -> bytes:
        content = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(content).encode()

    def _cose_key(self) -> bytes:
        numbers = self.key.public_key().public_numbers()
        key = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        return cbor2.dumps(key if self.cose_key is None else self.cose_key)

    def _credential(self, response: Options) -> Options:
        identifier = encoded(self.credential_id)
        return {
            "id": identifier,
            "rawId": identifier,
            "type": "public-key",
            "response": response,
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
        }
