"""A guest's recent products after the guest logs in."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from analytics_pipeline.settings import PipelineSettings
from backend.accounts.models import User
from backend.accounts.services import log_in
from backend.engines.streams import recent_products
from backend.outbox.relay import drain
from backend.tracking.subscribers import GuestRecentProducts
from tests.analytics_pipeline.samples import append_interactions

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.django_db(transaction=True)
def test_a_guests_recent_products_are_added_to_the_account(redis_url: str) -> None:
    user = User.objects.create_user(phone="+15550000009", password="a long secret")
    guest = uuid4()
    append_interactions(PipelineSettings.from_env(), guest, products={7: NOW})

    log_in(phone="+15550000009", password="a long secret", now=NOW, anonymous_id=guest)
    drain([GuestRecentProducts()], timeout=30)

    assert recent_products().of(user.shopper_key) == [7]
