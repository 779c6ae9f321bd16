"""A real browser with a virtual authenticator reads our options, and we accept what it returns."""

from pathlib import Path

import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from rest_framework.test import APIClient

from tests.backend.accounts.clients import PASSWORD
from tests.backend.accounts.second_factor import chromium
from tests.backend.accounts.second_factor.clients import OWN, SECOND_STEP, challenge

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]


@pytest.mark.skipif(chromium.PATH is None, reason="Chromium is not installed")
def test_a_passkey_of_a_browser_is_registered_and_logs_in(
    client: APIClient, own: APIClient, live_server: LiveServer, settings: Settings, tmp_path: Path
) -> None:
    origin = live_server.url.replace("127.0.0.1", "localhost")
    settings.PASSKEY_RP_ID, settings.PASSKEY_ORIGINS = "localhost", [origin]
    with chromium.browser(tmp_path) as browser:
        browser.open(f"{origin}/api/schema/swagger-ui/")
        options = own.post(f"{OWN}passkeys/options/", {"password": PASSWORD}).json()["data"]
        credential = browser.call(chromium.CREATE, options)
        added = own.post(f"{OWN}passkeys/", {"name": "Chromium", "credential": credential})
        assert added.status_code == 201, added.json()

        for _ in range(2):
            token = challenge(client)
            path = "/api/accounts/login/passkey-options/"
            options = client.post(path, {"challenge_token": token}).json()["data"]
            assertion = browser.call(chromium.GET, options)
            entered = client.post(SECOND_STEP, {"challenge_token": token, "passkey": assertion})
            assert entered.status_code == 200, entered.json()
