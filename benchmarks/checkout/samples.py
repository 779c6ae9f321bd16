"""Products and carts for the benchmark."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from itertools import count

from django.db.models import Model

from backend.accounts.imported import seller_of
from backend.accounts.models import User
from backend.api.models import IdempotencyKey
from backend.audit.actors import Actor
from backend.audit.models import AuditEntry
from backend.carts.models import Cart, CartItem
from backend.catalog.bulk import upsert_products
from backend.catalog.imported import ImportedProduct, ImportedVariant
from backend.catalog.models import Variant
from backend.inventory.models import Reservation, TransactionType
from backend.inventory.services import Entry, record_many
from backend.orders.models import Movement, Order, OrderAdjustment, OrderItem, OrderStatusHistory
from backend.outbox.models import Message
from backend.payments.models import Payment, PaymentRequest

BY = Actor.system("benchmark")
STOCK = 1_000_000
WRITTEN: Sequence[type[Model]] = (
    AuditEntry,
    IdempotencyKey,
    Message,
    Movement,
    Order,
    OrderAdjustment,
    OrderItem,
    OrderStatusHistory,
    Payment,
    PaymentRequest,
    Reservation,
)
_phones = count(1)


def make_variants(number: int, *, now: datetime) -> list[int]:
    """Create products with one variant each, all in stock; return the ids of the variants."""
    products = [
        ImportedProduct(
            reference=str(one),
            title=f"Copper kettle {one}",
            description="Holds a litre and a half, and whistles.",
            brand=f"Brand {one % 7}",
            category=("Home", "Kitchen", f"Kettles {one % 5}"),
            price=Decimal(20 + one),
            currency="USD",
            attributes={"material": "copper"},
            variants=(ImportedVariant(sku=f"KETTLE-{one}", attributes={"size": "M"}),),
        )
        for one in range(number)
    ]
    seller = seller_of("benchmark")
    upsert_products(products, source="benchmark", seller_id=seller.pk, by=BY, now=now)
    ids = list(Variant.objects.order_by("pk").values_list("pk", flat=True))
    entries = [Entry(variant_id=pk, transaction_type=TransactionType.IN, quantity=STOCK) for pk in ids]
    record_many(entries, by=BY, now=now)
    return ids


def customer_with_cart(variants: Sequence[int], *, now: datetime) -> User:
    """Return a new customer whose cart has one to three units of each variant."""
    user = User.objects.create_user(f"+1555{next(_phones):07d}", first_name="Ada")
    cart = Cart.objects.create(user=user, changed_at=now)
    CartItem.objects.bulk_create(
        CartItem(
            cart=cart,
            variant_id=variant,
            quantity=1 + number % 3,
            added_at=now,
            shopper_key=user.shopper_key,
        )
        for number, variant in enumerate(variants)
    )
    return user


def row_counts() -> Counter[str]:
    """Return the number of rows in each table that a checkout adds rows to."""
    return Counter({model._meta.db_table: model._default_manager.count() for model in WRITTEN})
