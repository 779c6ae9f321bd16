"""The address of the client, for the request log and the throttles."""

from ipaddress import ip_address

from django.http import HttpRequest
from rest_framework.settings import api_settings


def client_address(request: HttpRequest) -> str:
    """Return the address of the client that sent the request.

    Only the last NUM_PROXIES entries of X-Forwarded-For are trusted: each proxy appends the address that it
    saw, and a client can send any entries before them.
    """
    peer = str(request.META.get("REMOTE_ADDR") or "")
    proxies = api_settings.NUM_PROXIES or 0
    if proxies == 0:
        return peer
    entries = str(request.META.get("HTTP_X_FORWARDED_FOR") or "").split(",")
    entry = entries[-min(proxies, len(entries))].strip()
    return entry if _is_address(entry) else peer


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
