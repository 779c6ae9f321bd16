"""Checks the signatures of PayPal's webhooks.

PayPal signs "id|time|webhook id|CRC-32 of the body" with a key whose certificate it serves
(https://developer.paypal.com/api/rest/webhooks/rest/).
"""

import base64
import binascii
import zlib
from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from backend.payments.errors import InvalidWebhook

CERTIFICATE_HOSTS = frozenset(
    f"https://{name}.paypal.com" for name in ("api", "api-m", "api.sandbox", "api-m.sandbox")
)
CERTIFICATE_PATH = "/v1/notifications/certs/"
KEPT_CERTIFICATES = 8


class SignatureCheck:
    """Checks signatures with certificates from PayPal, which are downloaded once.

    `url` is the address of the API, whose host may serve certificates as well.
    """

    def __init__(self, *, webhook_id: str, url: str, download: Callable[[str], bytes]) -> None:
        """Store what is needed; nothing is downloaded yet."""
        self._webhook_id = webhook_id
        self._hosts = CERTIFICATE_HOSTS | {_host(url)}
        self._download = download
        self._certificates: dict[str, x509.Certificate] = {}

    def require(self, body: bytes, *, headers: Mapping[str, str], now: datetime) -> None:
        """Refuse a body that PayPal did not sign for this webhook.

        Raises:
            InvalidWebhook: the signature or the certificate is invalid.
            OutcomeUnknown: the certificate can't be downloaded.
        """
        if headers.get("PayPal-Auth-Algo", "").lower() != "sha256withrsa":
            raise InvalidWebhook(reason="the algorithm is not SHA256withRSA")
        sent = headers.get("PayPal-Transmission-Id", ""), headers.get("PayPal-Transmission-Time", "")
        message = "|".join([*sent, self._webhook_id, str(zlib.crc32(body))]).encode()
        key = self._key(headers.get("PayPal-Cert-Url", ""), now=now)
        try:
            signature = base64.b64decode(headers.get("PayPal-Transmission-Sig", ""), validate=True)
            key.verify(signature, message, PKCS1v15(), SHA256())
        except (InvalidSignature, binascii.Error, ValueError) as error:
            raise InvalidWebhook(reason="the signature is invalid") from error

    def _key(self, address: str, *, now: datetime) -> RSAPublicKey:
        certificate = self._certificates.get(address) or self._downloaded(address)
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise InvalidWebhook(reason="the certificate is not valid now")
        key = certificate.public_key()
        if not isinstance(key, RSAPublicKey):
            raise InvalidWebhook(reason="the certificate has no RSA key")
        return key

    def _downloaded(self, address: str) -> x509.Certificate:
        if not self._is_trusted(address):
            raise InvalidWebhook(reason="the certificate is not PayPal's")
        try:
            certificate = x509.load_pem_x509_certificate(self._download(address))
        except ValueError as error:
            raise InvalidWebhook(reason="the certificate can't be read") from error
        if len(self._certificates) >= KEPT_CERTIFICATES:
            self._certificates.clear()
        self._certificates[address] = certificate
        return certificate

    def _is_trusted(self, address: str) -> bool:
        try:
            path = urlsplit(address).path
            host = _host(address)
        except ValueError:
            return False
        return host in self._hosts and path.startswith(CERTIFICATE_PATH) and ".." not in path


def _host(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
