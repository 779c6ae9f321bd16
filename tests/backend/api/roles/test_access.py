"""Who may do what: each method of each URL pattern, by role; test_admin_pages.py tests those of the admin.

access.md has the expected status of each request; it is complete, because the URL configuration is compared
with it.
"""

import logging
import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from django.urls import Resolver404, resolve
from django.utils import timezone
from drf_spectacular.views import SpectacularAPIView
from rest_framework.throttling import SimpleRateThrottle

from backend.search.rebuilding import build
from indexing.engine import SearchEngine
from tests.backend.api.roles.bodies import BODIES
from tests.backend.api.roles.endpoints import ADMIN, DASHBOARD, Endpoint, endpoints
from tests.backend.api.roles.scene import ROLES, Scene
from tests.backend.api.schema.document import codes, operations
from tests.backend.search.conftest import folder_engine  # noqa: F401 - a fixture
from tests.backend.shop import SYSTEM

OF_ANY_ROLE = {"second_factor_required", "login_not_recent", "common_password"}
CART_TOKENS = {"guest": "no token", "other guest": "no token"}
OTHERS = {"other customer": "customer", "other seller": "seller"}
ALIKE = CART_TOKENS | OTHERS
PLACEHOLDER = re.compile(r"{\w+}")
PARAMETER = re.compile(r"<\w+:(\w+)>")


class Row(NamedTuple):
    """A request, the area of staff that it needs, and the expected statuses by role."""

    request: str
    area: str
    statuses: dict[str, str]


def rows() -> Iterator[Row]:
    for line in Path(__file__).with_name("access.md").read_text().splitlines():
        if re.match(r"\| `[A-Z]", line):
            request, area, *statuses = [cell.strip() for cell in line.strip("|").split("|")]
            yield Row(request.strip("`"), area, dict(zip(ROLES, statuses, strict=True)))


TABLE = list(rows())


@pytest.fixture
def scene(
    folder_engine: SearchEngine,  # noqa: F811
    migrated_warehouse_url: str,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> Iterator[Scene]:
    rates = dict.fromkeys(settings.THROTTLE_RATES, "1000000/minute")
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", rates)
    settings.RETURN_WINDOW = timedelta(days=100_000)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Describing the whole API takes a second for each role.
    monkeypatch.setattr(SpectacularAPIView, "urlconf", "backend.operations.urls")
    logging.disable()
    try:
        scene = Scene()
        build(folder_engine, clock=timezone.now, by=SYSTEM)
        yield scene
    finally:
        logging.disable(logging.NOTSET)


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.django_db
def test_every_role_gets_the_expected_status(scene: Scene) -> None:
    different = {}
    for request, area, expected in TABLE:
        found = {
            role: str(scene.send(request, role=role, area=area).status_code) for role in sent_by(request)
        }
        for role, same in ALIKE.items():
            found.setdefault(role, found[same])
        if found != expected:
            different[request] = {
                role: (found[role], status) for role, status in expected.items() if found[role] != status
            }
    assert different == {}


def sent_by(request: str) -> list[str]:
    """Return the roles that send the request; the others own something else, which this request doesn't name."""
    _, path = request.split()
    about_orders = path.startswith(("/api/orders/", "/api/payments/"))
    owned = about_orders or "{" in path or "{" in str(list(BODIES.get(request, {}).values()))
    return [
        role for role in ROLES if (about_orders or role not in CART_TOKENS) and (owned or role not in OTHERS)
    ]


def test_the_table_has_every_endpoint_and_no_other() -> None:
    listed = [endpoint_of(row.request) for row in TABLE]
    configured = {each for each in endpoints() if not each.route.startswith((ADMIN, DASHBOARD))}
    assert (configured - set(listed), set(listed) - configured) == (set(), set())
    assert len({row.request for row in TABLE}) == len(TABLE)


def test_the_document_has_a_403_where_the_table_has_one() -> None:
    refusing = {endpoint_of(row.request) for row in TABLE if "403" in row.statuses.values()}
    assert refused(apart_from=OF_ANY_ROLE) <= refusing <= refused(apart_from=frozenset())


def endpoint_of(request: str) -> Endpoint:
    """Return the method and the route of the endpoint that the request is sent to."""
    method, path = request.split()
    path, _, _ = path.partition("?")
    try:
        found = resolve(PLACEHOLDER.sub("1", path))
    except Resolver404:
        found = resolve(PLACEHOLDER.sub(str(UUID(int=1)), path))
    return Endpoint(method, f"/{found.route}")


def refused(*, apart_from: AbstractSet[str]) -> set[Endpoint]:
    """Return the endpoints whose operation documents a 403 with a code that is not in `apart_from`."""
    refusing = {
        (each.method, each.path)
        for each in operations()
        if "403" in each.responses and codes(each.id, 403) - apart_from
    }
    return {each for each in endpoints() if (each.method, PARAMETER.sub(r"{\1}", each.route)) in refusing}
