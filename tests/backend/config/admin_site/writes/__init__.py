"""Every write that the pages of the admin offer, with what is sent and what it must change."""

from tests.backend.config.admin_site.writes.accounts import ACCOUNTS
from tests.backend.config.admin_site.writes.catalogue import CATALOGUE
from tests.backend.config.admin_site.writes.models_and_messages import MODELS_AND_MESSAGES
from tests.backend.config.admin_site.writes.orders import ORDERS
from tests.backend.config.admin_site.writes.payments import PAYMENTS
from tests.backend.config.admin_site.writes.promotions import PROMOTIONS
from tests.backend.config.admin_site.writes.reviews import REVIEWS
from tests.backend.config.admin_site.writes.search import SEARCH
from tests.backend.config.admin_site.writes.stock import STOCK
from tests.backend.config.admin_site.writes.write import Write

WRITES: tuple[Write, ...] = (
    *ACCOUNTS,
    *CATALOGUE,
    *STOCK,
    *ORDERS,
    *PAYMENTS,
    *PROMOTIONS,
    *REVIEWS,
    *SEARCH,
    *MODELS_AND_MESSAGES,
)

__all__ = ["WRITES", "Write"]
