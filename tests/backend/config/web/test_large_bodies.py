"""Some paths accept larger bodies, of which only a few are held at a time."""

import asyncio
import re
from typing import Any

import pytest

from backend.config.errors import ServerBusy
from backend.config.web.large_bodies import LargeBodies
from backend.config.web.serving import serving
from tests.backend.config.web.test_application import Client, run, scope_of, web_of

LIMIT = 3_000


def large(at_once: int = 2) -> LargeBodies:
    return LargeBodies(re.compile("/large/"), limit=LIMIT, at_once=at_once)


@pytest.mark.parametrize(
    ("path", "method", "size", "status"),
    [
        ("/large/", "POST", LIMIT, 201),
        ("/large/", "POST", LIMIT + 1, 413),
        ("/large/", "DELETE", 1_001, 413),
        ("/large/x", "POST", 1_001, 413),
        ("/other/", "POST", 1_001, 413),
        ("/other/", "POST", 1_000, 201),
    ],
)
def test_only_the_named_paths_have_the_larger_limit(path: str, method: str, size: int, status: int) -> None:
    client = Client(web_of(large_bodies=large()))

    assert run(client.send_request(scope_of(path, method=method), b"x" * size))[0] == status


def test_large_bodies_beyond_the_concurrency_limit_are_refused() -> None:
    bodies = large(at_once=1)

    with bodies.admit(scope_of("/large/")), pytest.raises(ServerBusy), bodies.admit(scope_of("/large/")):
        pass
    with bodies.admit(scope_of("/large/")) as limit:
        assert limit == LIMIT


def test_a_slow_client_releases_its_slot_at_the_deadline() -> None:
    web = web_of(large_bodies=large(at_once=1))

    async def requests() -> list[Any]:
        slow = asyncio.create_task(Client(web).send_request(scope_of("/large/"), b"x", None))
        await asyncio.sleep(0)
        busy, *_ = await Client(web).send_request(scope_of("/large/"), b"x")
        late, *_ = await slow
        after, *_ = await Client(web).send_request(scope_of("/large/"), b"x")
        return [busy, late, after]

    assert run(requests()) == [503, 408, 201]


@pytest.mark.parametrize(
    ("path", "is_large"),
    [
        ("/api/products/1/images/", True),
        ("/api/products/1/images", False),
        ("/api/products/1/images/2/", False),
        ("/api/products/1/variants/", False),
        ("/api/products/x/images/", False),
    ],
)
def test_the_shop_admits_large_bodies_for_uploads_of_images(path: str, is_large: bool) -> None:
    with serving().large_bodies.admit(scope_of(path)) as limit:
        assert (limit is not None) == is_large
