"""The policy of the admin allows images from where the shop keeps them, and from no other site."""

import pytest

from backend.config.admin_site.policy import policy_of


@pytest.mark.parametrize(
    ("options", "sites"),
    [
        ({"base_url": "/media/"}, []),
        ({"base_url": "https://images.shop.example/media/"}, ["https://images.shop.example"]),
        (
            {"custom_domain": "cdn.example", "endpoint_url": "https://s3.example"},
            ["https://cdn.example"],
        ),
        ({"custom_domain": None, "endpoint_url": "https://s3.example:9000/x"}, ["https://s3.example:9000"]),
    ],
)
def test_images_come_from_the_storage_of_images_only(options: dict[str, str], sites: list[str]) -> None:
    assert policy_of({"OPTIONS": options})["img-src"] == ["'self'", "data:", *sites]
