"""Commands that show what a shop can do, each of which works when pasted into a shell."""

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
from backend.accounts.services import DEMO_PASSWORD, log_in
from backend.catalog.models import Product

STAFF_PHONE = "+15550100001"
CUSTOMER_PHONE = "+15550100003"
PAGES = {
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
# The lines are pasted into a shell where the environment may not be active.
_PYTHON = shlex.quote(sys.executable)
REPORT_DAYS = 90


@dataclass(frozen=True, slots=True)
class Try:
    """A command to paste, and what it shows."""

    about: str
    line: str


def pages(address: str, *, operators: str) -> list[str]:
    """Return a line for each page that a browser shows; `operators` is the address of theirs."""
    lines = {name: address + path for name, path in PAGES.items()}
    lines |= {name: operators + path for name, path in OPERATORS_PAGES.items()}
    return [f"{name:<14} {url}" for name, url in lines.items()]


def lines(address: str, *, now: datetime) -> list[Try]:
    """Return what can be tried now, in working order; tokens where the demo's accounts exist."""
    product = _example()
    if product is None:
        return []
    found = [
        Try("the shop's address", f"SHOP={shlex.quote(address)}"),
        Try("search, with facets", _get(f"/api/search/?q={quote_plus(_words(product))}&page_size=3")),
        Try("suggestions while typing", _get(f"/api/search/suggestions/?q={quote_plus(product.title[:4])}")),
        Try("products like one", _get(f"/api/recommendations/product/{product.pk}/")),
        Try(
            "how DBeaver, Metabase and Jupyter read the warehouse", f"{_PYTHON} -m analytics_pipeline.analyst"
        ),
    ]
    if _has_demo_account(CUSTOMER_PHONE):
        found += _as_customer(product, now=now)
    if _has_demo_account(STAFF_PHONE):
        found += _as_staff(product, now=now)
    return found


def _as_customer(product: Product, *, now: datetime) -> list[Try]:
    token = log_in(phone=CUSTOMER_PHONE, password=DEMO_PASSWORD, now=now).access_token
    return [
        Try(f"a customer: {CUSTOMER_PHONE}", f"CUSTOMER={token}"),
        Try("recommendations for this person", _get("/api/recommendations/user/?limit=3", "CUSTOMER")),
        Try(
            "into the cart",
            _post("/api/orders/cart/", {"product_id": product.pk, "quantity": 1}, "CUSTOMER"),
        ),
        Try("order, paid in cash on delivery", _post("/api/orders/orders/", ADDRESS, "CUSTOMER")),
    ]


def _as_staff(product: Product, *, now: datetime) -> list[Try]:
    token = log_in(phone=STAFF_PHONE, password=DEMO_PASSWORD, now=now).access_token
    span = f"start_date={(now - timedelta(days=REPORT_DAYS)).date()}&end_date={now.date()}"
    return [
        Try(f"staff: {STAFF_PHONE}", f"STAFF={token}"),
        Try("sales by month", _get(f"/api/analytics/sales/?{span}&group_by=month", "STAFF")),
        Try(
            "views, cart additions and sales of a product",
            _get(f"/api/analytics/products/{product.pk}/?{span}", "STAFF"),
        ),
        Try(
            "a discount, which the next search shows",
            _send("PATCH", f"/api/products/{product.pk}/", {"discount_percentage": "10.00"}, "STAFF"),
        ),
    ]


def _example() -> Product | None:
    """Return a well-known product that goes into a cart without a choice of variant."""
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
