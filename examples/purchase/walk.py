"""The steps of the purchase. Each one is followed by a check of the reports, to the cent."""

from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import uuid4

from examples.purchase.client import Client, UnexpectedResponse, wait_for
from examples.purchase.paying import OPTIONS, pay
from examples.purchase.reports import Figures, Reporter
from examples.purchase.scene import PASSWORD, Offer, Scene, new_account

CART, ORDERS, RETURNS = "/api/orders/cart/", "/api/orders/orders/", "/api/orders/returns/"
ADDRESS = {
    "name": "Ada Doe",
    "street": "123 Main St",
    "city": "New York",
    "postal_code": "10001",
    "country": "USA",
}
CENT = Decimal("0.01")


def require(found: object, expected: object, *, what: str) -> None:
    """Compare what the shop said with what it must say.

    Raises:
        UnexpectedResponse: they differ.
    """
    if found != expected:
        raise UnexpectedResponse(f"{what}: {found!r} instead of {expected!r}")


def rounded(amount: Decimal) -> Decimal:
    """Return the amount in whole cents."""
    return amount.quantize(CENT, ROUND_HALF_UP)


@dataclass
class Walk:
    """The purchase: three lamps, which were found by a search, and two cushions, which were not."""

    scene: Scene
    gateway: str
    stripe_url: str
    expected: Figures = field(default_factory=Figures)

    def run(self) -> None:
        """Take all steps."""
        self.reporter = Reporter(self.scene)
        self.reporter.print_headings()
        self.fill_guest_cart()
        self.log_in_and_merge()
        self.order(self.quote())
        self.pay()
        self.ship()
        self.deliver()
        self.return_a_lamp()

    def fill_guest_cart(self) -> None:
        """Search as a guest, and add the hit with the id of the list to a guest's cart."""
        self.guest = Client(self.scene.guest.address, {"X-Anonymous-Id": str(uuid4())})
        page = self.guest.get(f"/api/search/?q={self.scene.word}")
        hit = page["results"][0]
        require(hit["id"], self.scene.lamp.product_id, what="the first hit")
        self.check("searched as a guest")
        lamps = {"product_id": hit["id"], "quantity": 3, "exposure_id": page["exposure_id"]}
        self.guest.headers["X-Cart-Token"] = self.guest.post(CART, lamps, status=201)["cart_token"]
        self.guest.post(CART, {"product_id": self.scene.cushion.product_id, "quantity": 1}, status=201)
        self.check("filled the guest's cart")

    def log_in_and_merge(self) -> None:
        """Log in to an account whose cart has two cushions: of three together, two are available."""
        phone = new_account(self.scene.guest, user_type="CUSTOMER")
        elsewhere = self.scene.guest.log_in(phone=phone, password=PASSWORD)
        elsewhere.post(CART, {"product_id": self.scene.cushion.product_id, "quantity": 2}, status=201)
        self.customer = self.guest.log_in(phone=phone, password=PASSWORD)
        merged = self.customer.get(CART)["merged"]
        units = sorted((line["requested"], line["quantity"]) for line in merged)
        require(units, [(3, 2), (3, 3)], what="requested and merged units")
        del self.customer.headers["X-Cart-Token"]
        self.reporter.customer = self.customer
        self.check("logged in, carts merged")

    def quote(self) -> dict[str, Any]:
        """Save an address; return what the cart costs there by the cheapest method."""
        saved = self.customer.post("/api/accounts/addresses/", ADDRESS, status=201)
        require((saved["country"], saved["state"]), ("US", "NY"), what="the normalised address")
        self.address_id = saved["id"]
        quote: dict[str, Any] = self.customer.post(
            "/api/orders/quote/", {"shipping_address_id": self.address_id}
        )
        method = quote["methods"][0]
        lines = [Decimal(line["total_price"]) for line in quote["items"]]
        require(sum(lines), self.scene.lamp.price * 3 + self.scene.cushion.price * 2, what="the subtotal")
        self.check("saved an address, got a quote")
        named = {name: quote[name] for name in ("currency", "prices_include_tax")}
        return {**method, **named, "lines": quote["items"]}

    def order(self, quote: dict[str, Any]) -> None:
        """Place the order twice with one Idempotency-Key: there is one order, which waits for its payment."""
        body = {
            "shipping_address_id": self.address_id,
            "shipping_method": quote["code"],
            "payment_method": self.gateway.upper(),
            "payment_options": OPTIONS[self.gateway],
            "expected_total": quote["total_amount"],
            "expected_currency": quote["currency"],
        }
        key = {"Idempotency-Key": str(uuid4())}
        placed = self.customer.post(ORDERS, body, status=201, headers=key)
        require(self.customer.post(ORDERS, body, status=201, headers=key), placed, what="the same order")
        require(placed["status"], "PENDING", what="the status")
        self.placed = placed
        self.order_path = f"{ORDERS}{placed['id']}/"
        self.reporter.order_id = placed["id"]
        self.check_amounts(quote)
        self.check("ordered, not paid yet")

    def check_amounts(self, quote: dict[str, Any]) -> None:
        """Compute the order's amounts from its prices, the tax rate and the cost of shipping."""
        self.is_taxed_inside = quote["prices_include_tax"]
        rate = Decimal(quote["lines"][0]["tax_rate"]) / 100
        lines = [self.scene.lamp.price * 3, self.scene.cushion.price * 2]
        shipping = Decimal(quote["shipping_cost"])
        self.taxes = [self.tax(amount, rate=rate) for amount in (*lines, shipping)]
        self.total = sum((*lines, shipping), Decimal(0))
        self.total += Decimal(0) if self.is_taxed_inside else sum(self.taxes, Decimal(0))
        require(Decimal(self.placed["tax_amount"]), sum(self.taxes), what="the tax")
        require(Decimal(self.placed["total_amount"]), self.total, what="the total")

    def tax(self, amount: Decimal, *, rate: Decimal) -> Decimal:
        """Return the tax on an amount, or the tax in it if prices include tax."""
        return rounded(amount - amount / (1 + rate) if self.is_taxed_inside else amount * rate)

    def net(self, offer: Offer, *, units: int, tax: Decimal) -> Decimal:
        """Return what the sale of so many units counts in reports."""
        return offer.price * units - (tax if self.is_taxed_inside else 0)

    def pay(self) -> None:
        """Pay through the gateway: then the order is confirmed, and its units are sold."""
        (payment,) = self.placed["payments"]
        pay(self.customer, payment, stripe_url=self.stripe_url)
        self.wait_for_status("CONFIRMED", payment_status="PAID")
        self.lamps = self.net(self.scene.lamp, units=3, tax=self.taxes[0])
        cushions = self.net(self.scene.cushion, units=2, tax=self.taxes[1])
        self.check(
            "paid",
            lamp_gross=self.lamps,
            query_gross=self.lamps,
            cushion_gross=cushions,
            captured=self.total,
        )

    def ship(self) -> None:
        """Let each seller ship their own items, the lamps in two parcels; the other seller's are refused."""
        lamp, cushion = self.item(self.scene.lamp), self.item(self.scene.cushion)
        path = f"{self.order_path}shipments/"
        self.scene.cushion.seller.post(path, units(lamp, 1), status=400)
        parcels = [(self.scene.lamp, lamp, 2), (self.scene.cushion, cushion, 2), (self.scene.lamp, lamp, 1)]
        self.parcels = []
        for number, (offer, item, quantity) in enumerate(parcels, 1):
            parcel = {**units(item, quantity), "carrier": "DHL", "tracking_number": f"0034{number}"}
            self.parcels.append((offer.seller, offer.seller.post(path, parcel, status=201)))
            self.wait_for_status("SHIPPED" if number == len(parcels) else "PARTIALLY_SHIPPED")
            self.check(f"shipped parcel {number}")

    def deliver(self) -> None:
        """Let the sellers record that their parcels arrived."""
        for seller, parcel in self.parcels:
            seller.post(f"{self.order_path}shipments/{parcel['id']}/deliver/", {})
        self.wait_for_status("DELIVERED")
        self.check("delivered")

    def return_a_lamp(self) -> None:
        """Return one of three lamps, which arrived damaged; its price and tax are refunded."""
        staff, lamp = self.scene.staff, self.item(self.scene.lamp)
        body = {"order_id": self.placed["id"], **units(lamp, 1, reason="DAMAGED")}
        requested = self.customer.post(RETURNS, body, status=201)
        self.check("requested a return")
        path = f"{RETURNS}{requested['id']}/"
        staff.post(f"{path}approve/", {})
        self.check("approved the return")
        staff.post(f"{path}receive/", {"items": [{"item_id": lamp, "damaged": 1}]})
        self.wait_for_status("PARTIALLY_RETURNED", payment_status="PARTLY_REFUNDED")
        require(self.customer.get(path)["status"], "REFUNDED", what="the return's status")
        paid_for_lamps = self.scene.lamp.price * 3 + (0 if self.is_taxed_inside else self.taxes[0])
        back = rounded(self.lamps / 3)
        self.check(
            "received it, money refunded",
            lamp_returns=back,
            query_returns=back,
            refunded=rounded(paid_for_lamps / 3),
        )

    def item(self, offer: Offer) -> int:
        """Return the id of the offer's line in the order."""
        return next(int(row["id"]) for row in self.placed["items"] if row["product"] == offer.product_id)

    def wait_for_status(self, status: str, **others: str) -> None:
        """Wait until the order has this status."""
        expected = {"status": status, **others}

        def has_status() -> bool:
            shown = self.customer.get(self.order_path)
            return {name: shown[name] for name in expected} == expected

        wait_for(has_status, what=f"the order is {expected}")

    def check(self, step: str, **changes: Decimal) -> None:
        """Check that the figures are those of before the step, with these changes."""
        self.expected = replace(self.expected, **changes)
        self.reporter.check(step, self.expected)


def units(item_id: int, quantity: int, **more: str) -> dict[str, Any]:
    """Return a body with units of an item."""
    return {"items": [{"item_id": item_id, "quantity": quantity, **more}]}
