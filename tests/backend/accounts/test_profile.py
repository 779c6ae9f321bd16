"""The caller's own account."""

import pytest

from backend.accounts.models import User
from backend.audit.models import AuditEntry
from tests.backend import shop
from tests.backend.shop import client_of

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]

PATH = "/accounts/me/"


def test_the_profile_is_shown_and_changed_by_its_owner_alone() -> None:
    ann, bob = shop.customer(first_name="Ann"), shop.customer()
    client = client_of(ann)
    assert client.get(PATH).json()["data"]["email"] == ""

    changed = client.patch(PATH, {"email": "Ann@Shop.Example", "last_name": "Lee"}).json()["data"]

    assert (changed["email"], changed["first_name"], changed["last_name"]) == (
        "Ann@shop.example",
        "Ann",
        "Lee",
    )
    assert client_of(User.objects.get(pk=ann.pk)).get(PATH).json()["data"] == changed
    assert User.objects.get(pk=bob.pk).email == ""
    assert client_of(None).get(PATH).status_code == 401


def test_the_audit_log_has_the_changed_fields_with_hashes_of_personal_values() -> None:
    ann = shop.customer()
    for _ in range(2):
        client_of(ann).patch(PATH, {"email": "ann@shop.example", "language": "en"})
    (entry,) = AuditEntry.objects.filter(action="accounts.profile_changed")
    assert entry.changes == {"language": ["", "en"]}
    (entry,) = AuditEntry.objects.filter(action="accounts.email_changed")
    assert entry.changes == {}
    assert (entry.user_id, entry.owner_id, list(entry.personal or {})) == (ann.pk, ann.pk, ["email"])
    assert "ann@" not in str(AuditEntry.objects.values_list())


@pytest.mark.parametrize(
    "body",
    [
        {"email": "ann"},
        {"email": "ann@shop.example\nBcc: all@shop.example"},
        {"email": "ann@shop.example, bob@shop.example"},
        {"email": f"{'a' * 64}@{'b' * 200}.example"},
        {"email": None},
        {"email": 5},
        {"date_of_birth": "2999-01-01"},
        {"phone": "+15550100009"},
        {"user_type": "ADMIN"},
        {"language": "english"},
        {"language": "en_US"},
        {"language": "en\n"},
        {"language": " en"},
        {"marketing_consent": "yes"},
        {"marketing_consent": None},
        {"marketing_consent_at": "2026-01-01T00:00:00Z"},
        [],
    ],
)
def test_invalid_changes_are_refused(body: object) -> None:
    ann = shop.customer()
    refused = client_of(ann).patch(PATH, body)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_input")
    assert User.objects.get(pk=ann.pk).email == ""


def test_an_empty_email_ends_messages() -> None:
    ann = shop.customer(email="ann@shop.example")
    assert client_of(ann).patch(PATH, {"email": ""}).json()["data"]["email"] == ""


@pytest.mark.parametrize("language", ["en", "pt-BR", "zh-Hant-TW", "es-419", ""])
def test_a_language_is_stored(language: str) -> None:
    changed = client_of(shop.customer()).patch(PATH, {"language": language})
    assert (changed.status_code, changed.json()["data"]["language"]) == (200, language)


def test_a_consent_is_stored_with_its_time_and_every_change_is_in_the_audit_log() -> None:
    ann = shop.customer()
    client = client_of(ann)
    times = []
    for consent in (True, True, False):
        data = client.patch(PATH, {"marketing_consent": consent}).json()["data"]
        assert data["marketing_consent"] is consent
        times.append(data["marketing_consent_at"])
    assert times[0] == times[1] < times[2]
    entries = AuditEntry.objects.filter(action="accounts.profile_changed").order_by("pk")
    assert [entry.changes["marketing_consent"] for entry in entries] == [[False, True], [True, False]]
