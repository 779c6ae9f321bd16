"""The outbox's subscribers."""

from django.utils import timezone

from analytics_pipeline.settings import PipelineSettings
from backend.analytics.subscribers import (
    Availability,
    CartItems,
    Logins,
    OrderFacts,
    Products,
    Ratings,
    ShopperLinks,
)
from backend.catalog.subscribers import CategoryFanOut, ThumbnailRequests
from backend.config.personal_data import stores
from backend.engines.index import engine
from backend.engines.warehouse import migrated
from backend.inventory.subscribers import StockAlerts
from backend.invoices.shop import is_complete
from backend.invoices.subscribers import InvoiceIssuing
from backend.notifications.live.feed import Feed
from backend.notifications.subscribers import Deliveries, LiveEvents, OrderDeliveries
from backend.orders.subscribers import Settlement
from backend.outbox.subscribers import Subscriber
from backend.payments.subscribers import PaymentRequests
from backend.privacy.subscribers import StoreErasure
from backend.promotions.subscribers import DisplayPrices
from backend.recommendations.subscribers import NewProducts
from backend.reviews.subscribers import VerifiedReviews
from backend.search.rebuilding import index_subscribers
from backend.tracking.subscribers import GuestRecentProducts
from backend.webhooks.subscribers import WebhookEvents
from backend.wish_lists.subscribers import Wishes


def subscribers() -> list[Subscriber]:
    """Return the current subscribers, which depend on the generations of the index."""
    target = migrated()
    of_warehouse = (
        OrderFacts(target),
        ShopperLinks(target),
        CartItems(target),
        Logins(target),
        Ratings(target),
    )
    of_stream = (GuestRecentProducts(),)
    writers: dict[str, tuple[Subscriber, ...]] = {"warehouse": of_warehouse, "stream": of_stream}
    return [
        CategoryFanOut(),
        DisplayPrices(clock=timezone.now),
        ThumbnailRequests(request_thumbnails),
        PaymentRequests(request_payment),
        *index_subscribers(engine(), clock=timezone.now),
        Settlement(clock=timezone.now),
        *([InvoiceIssuing(clock=timezone.now)] if is_complete() else []),
        VerifiedReviews(),
        StockAlerts(clock=timezone.now),
        Wishes(clock=timezone.now),
        *of_warehouse,
        Products(target),
        Availability(target),
        *of_stream,
        NewProducts(clock=timezone.now),
        Deliveries(clock=timezone.now),
        OrderDeliveries(clock=timezone.now),
        LiveEvents(Feed(PipelineSettings.from_env())),
        WebhookEvents(clock=timezone.now),
        *(StoreErasure(store, clock=timezone.now, writers=writers.get(store.name, ())) for store in stores()),
    ]


def request_thumbnails(image_id: int) -> None:
    """Queue the task that makes an image's thumbnails."""
    # Imported here, because the import changes the umask of the process.
    from backend.config.celery import app  # noqa: PLC0415

    app.send_task("backend.catalog.tasks.make_thumbnails", args=(image_id,))


def request_payment(request_id: str) -> None:
    """Queue the task that performs a request to a payment gateway."""
    from backend.config.celery import app  # noqa: PLC0415 - as above

    app.send_task("backend.payments.tasks.perform_request", args=(request_id,))
