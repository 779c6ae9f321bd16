"""The flash sale of the generated shop."""

from datetime import datetime, timedelta
from decimal import Decimal

from backend.audit.actors import Actor
from backend.catalog.models import Product
from backend.promotions.display_prices import refresh_products
from backend.promotions.rules import Kind, Level, Measure
from backend.promotions.services import create_promotion
from demo.accounts import SOURCE
from demo.catalogue import FLASH_DISCOUNT

LASTS = timedelta(days=30)
PERCENT = Decimal(10)
UNITS = 1_000


def store_flash_sale(*, by: Actor, now: datetime) -> None:
    """Create a flash sale of the products with the highest discount, in the caller's transaction."""
    rows = Product.objects.filter(source=SOURCE, discount_percentage=FLASH_DISCOUNT).order_by("pk")
    product_ids = list(rows.values_list("pk", flat=True))
    if not product_ids:
        return
    values = {
        "name": f"Flash sale: {PERCENT:f} % off",
        "description": "",
        "level": Level.ITEM,
        "kind": Kind.PERCENTAGE,
        "value": PERCENT,
        "currency": "",
        "tiers": [],
        "tier_measure": Measure.UNITS,
        "buy_units": 0,
        "get_units": 0,
        "target": {"products": product_ids},
        "bought": {},
        "excluded": {},
        "code_required": False,
        "priority": 100,
        "stackable": True,
        "exclusive": False,
        "starts_at": now - timedelta(hours=1),
        "ends_at": now + LASTS,
        "is_active": True,
        "is_flash_sale": True,
        "unit_cap": UNITS,
        "use_cap": None,
        "customer_use_cap": None,
        "minimum_amount": None,
        "minimum_units": None,
    }
    create_promotion(values, by=by)
    refresh_products(product_ids, clock=lambda: now)
