"""What a purchase needs in a shop: two sellers with a product each, a tax rate and shipping methods."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from secrets import randbelow, token_hex
from typing import Any

from examples.purchase.client import Client, wait_for

PASSWORD = "correct horse battery staple"  # noqa: S105 - of accounts that are created here
CURRENCY = "USD"
STATE_TAX = {"country": "US", "state": "NY", "tax_class": "standard", "rate": "8.8750", "name": "Sales tax"}
SHIPPING = (("standard", "6.50"), ("express", "12.90"))


@dataclass(frozen=True)
class Offer:
    """A product with one variant, and its seller."""

    seller: Client
    product_id: int
    title: str
    price: Decimal


@dataclass(frozen=True)
class Scene:
    """A shop that is prepared for the purchase; only the lamp has `word` in its title."""

    guest: Client
    staff: Client
    lamp: Offer
    cushion: Offer
    word: str


@contextmanager
def prepared(address: str, *, staff_phone: str, staff_password: str, staff_code: str = "") -> Iterator[Scene]:
    """Prepare a shop; afterwards, delete its new rates and methods, and take the products off sale."""
    guest = Client(address)
    staff = guest.log_in(phone=staff_phone, password=staff_password, code=staff_code)
    word = f"zq{token_hex(5)}"
    with ExitStack() as undo:
        if not staff.get("/api/taxes/rates/")["count"]:
            _create(staff, "/api/taxes/rates/", STATE_TAX, undo=undo)
        if not staff.get("/api/shipping/methods/")["count"]:
            for code, price in SHIPPING:
                method = {"code": code, "name": code.title(), "currency": CURRENCY, "price": price}
                _create(staff, "/api/shipping/methods/", method, undo=undo)
        category = staff.post("/api/categories/", {"name": f"Example {word}"}, status=201)["slug"]
        lamp = _offer(
            guest, title=f"Copper lamp {word}", price="89.95", stock=10, category=category, undo=undo
        )
        cushion = _offer(guest, title="Wool cushion", price="24.90", stock=2, category=category, undo=undo)
        wait_for(lambda: _first_hit(guest, word) == lamp.product_id, what="searches find the lamp")
        yield Scene(guest, staff, lamp, cushion, word)


def new_account(guest: Client, *, user_type: str) -> str:
    """Register an account; return its phone number."""
    phone = f"+49151{randbelow(100_000_000):08}"
    body = {"phone": phone, "password": PASSWORD, "first_name": "Ada", "user_type": user_type}
    guest.post("/accounts/register/", body, status=201)
    return phone


def _first_hit(guest: Client, word: str) -> int | None:
    return next((hit["id"] for hit in guest.get(f"/api/search/?q={word}")["results"]), None)


def _create(staff: Client, path: str, body: dict[str, Any], *, undo: ExitStack) -> None:
    row = staff.post(path, body, status=201)
    undo.callback(staff.send, "DELETE", f"{path}{row['id']}/")


def _offer(guest: Client, *, title: str, price: str, stock: int, category: str, undo: ExitStack) -> Offer:
    phone = new_account(guest, user_type="SELLER")
    seller = guest.log_in(phone=phone, password=PASSWORD)
    variant = {"sku": f"EX-{token_hex(6)}", "weight_grams": 900}
    body = {"title": title, "price": price, "currency": CURRENCY, "category": category, "variants": [variant]}
    product = seller.post("/api/products/", body, status=201)
    path = f"/api/products/{product['id']}/"
    undo.callback(seller.send, "PATCH", path, body={"is_active": False})
    delivery = {"product": product["id"], "transaction_type": "IN", "quantity": stock, "reference": "first"}
    seller.post("/api/products/inventory/transactions/", delivery, status=201)
    return Offer(seller, product["id"], title, Decimal(price))
