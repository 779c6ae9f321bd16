"""Example commands for a shop, which work when pasted into a shell."""

import json
import re
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote_plus

from django.db.models import Count, F

from backend.accounts.models import User
from backend.accounts.services import DEMO_PASSWORD
from backend.accounts.sessions import begin_session
from backend.catalog.models import Product

STAFF_PHONE = "+15550100001"
CUSTOMER_PHONE = "+15550100003"
PAGES = {
    "Admin": "/admin/",
    "Dashboard": "/dashboard/",
    "Swagger UI": "/api/schema/swagger-ui/",
    "Redoc": "/api/schema/redoc/",
    "Health": "/api/health/ready/",
}
OPERATORS_PAGES = {"Health details": "/health", "Metrics": "/metrics"}
ADDRESS = {
    "shipping_address": {
        "street": "123 Main St",
        "city": "New York",
        "state": "NY",
        "postal_code": "10001",
        "country": "USA",
    }
}
# An absolute path, because the virtual environment may not be active in that shell.
_PYTHON = shlex.quote(sys.executable)
REPORT_DAYS = 90


@dataclass(frozen=True, slots=True)
class Example:
    """A command to paste, and a description of what it shows."""

    about: str
    line: str


def pages(address: str, *, operators: str) -> list[str]:
    """Return a line for each browser page; `operators` is the address of the operators' pages."""
    lines = {name: address + path for name, path in PAGES.items()}
    lines |= {name: operators + path for name, path in OPERATORS_PAGES.items()}
    return [f"{name:<14} {url}" for name, url in lines.items()]


def lines(address: str, *, now: datetime) -> list[Example]:
    """Return the examples in an order that works, with tokens if the demo accounts exist."""
    product = _example_product()
    if product is None:
        return []
    examples = [
        Example("the shop's address", f"SHOP={shlex.quote(address)}"),
        Example("search, with facets", _get(f"/api/search/?q={quote_plus(_words(product))}&page_size=3")),
        Example(
            "suggestions while typing", _get(f"/api/search/suggestions/?q={quote_plus(product.title[:4])}")
        ),
        Example("products like this one", _get(f"/api/recommendations/product/{product.pk}/")),
        Example(
            "the warehouse's address and user for DBeaver, Metabase or Jupyter",
            f"{_PYTHON} -m analytics_pipeline.analyst",
        ),
    ]
    if _has_demo_account(CUSTOMER_PHONE):
        examples += _as_customer(product, now=now)
    if _has_demo_account(STAFF_PHONE):
        examples += _as_staff(product, now=now)
    return examples


def _as_customer(product: Product, *, now: datetime) -> list[Example]:
    token = _access_token(CUSTOMER_PHONE, now=now)
    return [
        Example(f"a customer: {CUSTOMER_PHONE}, password {DEMO_PASSWORD}", f"CUSTOMER={token}"),
        Example("recommendations for this customer", _get("/api/recommendations/user/?limit=3", "CUSTOMER")),
        Example(
            "add it to the cart",
            _post("/api/orders/cart/", {"product_id": product.pk, "quantity": 1}, "CUSTOMER"),
        ),
        Example("order it, with cash on delivery", _post("/api/orders/orders/", ADDRESS, "CUSTOMER")),
    ]


def _as_staff(product: Product, *, now: datetime) -> list[Example]:
    token = _access_token(STAFF_PHONE, now=now)
    period = f"start_date={(now - timedelta(days=REPORT_DAYS)).date()}&end_date={now.date()}"
    return [
        Example(f"staff: {STAFF_PHONE}, password {DEMO_PASSWORD}, also in the admin", f"STAFF={token}"),
        Example("sales by month", _get(f"/api/analytics/sales/?{period}&group_by=month", "STAFF")),
        Example(
            "views, cart additions and sales of a product",
            _get(f"/api/analytics/products/{product.pk}/?{period}", "STAFF"),
        ),
        Example(
            "a discount, which the next search shows",
            _send("PATCH", f"/api/products/{product.pk}/", {"discount_percentage": "10.00"}, "STAFF"),
        ),
    ]


def _access_token(phone: str, *, now: datetime) -> str:
    return begin_session(User.objects.get(phone=phone), now=now).access_token


def _example_product() -> Product | None:
    """Return a popular product in stock that has a single variant."""
    simple = Product.objects.listed().annotate(variant_count=Count("variants")).filter(variant_count=1)
    sellable = simple.filter(variants__is_active=True, variants__stock__gt=F("variants__reserved"))
    return sellable.order_by("-popularity", "pk").first()


def _words(product: Product) -> str:
    return " ".join(re.findall(r"\w+", product.title)[-2:])


def _has_demo_account(phone: str) -> bool:
    user = User.objects.filter(phone=phone, is_active=True).first()
    return user is not None and user.check_password(DEMO_PASSWORD)


def _get(path: str, token: str = "") -> str:
    return f'curl -s {_authorised(token)}"$SHOP{path}"'


def _post(path: str, body: Mapping[str, object], token: str) -> str:
    return _send("POST", path, body, token)


def _send(method: str, path: str, body: Mapping[str, object], token: str) -> str:
    content = f"-H 'Content-Type: application/json' -d {shlex.quote(json.dumps(body))}"
    return f'curl -s -X {method} {_authorised(token)}{content} "$SHOP{path}"'


def _authorised(token: str) -> str:
    return f'-H "Authorization: Bearer ${token}" ' if token else ""
