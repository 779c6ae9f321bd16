"""A shop with the objects that the table's requests name, and clients of each role."""

from collections.abc import Mapping
from itertools import count
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import RefreshToken

from backend.accounts.areas import ALL_AREAS, StaffArea, stored_areas
from backend.accounts.models import User
from backend.accounts.second_factor.models import Passkey
from backend.accounts.sessions import begin_session
from backend.accounts.tokens import session_id_of, verified_token
from backend.addresses.models import Address
from backend.analytics.models import Reconciliation, ReconciliationState
from backend.api.owners import Owner, guest_with, new_cart_token
from backend.audit.actors import Actor
from backend.audit.models import AuditEntry
from backend.carts.models import Cart
from backend.carts.services import Claim, add_item
from backend.catalog.categories import category_by_names
from backend.invoices.services import issue
from backend.notifications.guests import order_token
from backend.notifications.links import unsubscribe_url
from backend.notifications.models import Delivery, DeliveryState, InboxMessage, NotificationKind
from backend.orders.fulfilment_models import ReturnReason
from backend.orders.models import Order
from backend.orders.returns import approve, request_return
from backend.orders.shipments import deliver_all, ship_all
from backend.payments.models import Payment
from backend.privacy.models import Erasure
from backend.reviews.answers import write_answer
from backend.reviews.pictures import add_picture
from backend.webhooks.models import WebhookDelivery
from backend.webhooks.services import ping
from tests.backend.api.roles.bodies import BODIES, METHOD, ONE_UNIT, PROMOTION, QUERY_RULE, TAX_RATE, WEBHOOK
from tests.backend.catalog.images import samples
from tests.backend.orders.steps import ADDRESS, order_of
from tests.backend.reviews.written import decide, review
from tests.backend.shop import NOW, SYSTEM, customer, product, seller, staff, variant

GUESTS = ("guest", "other guest", "no token")
STAFF = ("staff without", "staff with")
ROLES = (*GUESTS, "customer", "other customer", "seller", "other seller", *STAFF, "admin")

_addresses = count(1)


class Scene:
    """A customer's and a guest's cart, orders in several statuses with items of two sellers, and the rest."""

    def __init__(self) -> None:
        self.users = {
            "customer": customer(email="ada@example.org"),
            "other customer": customer(),
            "seller": seller(),
            "other seller": seller(),
            "staff without": customer(is_staff=True),
            "staff with": customer(is_staff=True),
            "admin": staff(),
        }
        self.tokens = {role: self.logged_in(user) for role, user in self.users.items()}
        self.cart_token = new_cart_token()
        self.names: dict[str, Any] = {}
        self._sell()
        self._buy()
        self._purchase()
        self._write_the_rest()

    @property
    def buyer(self) -> User:
        return self.users["customer"]

    def logged_in(self, user: User) -> str:
        return begin_session(user, now=timezone.now()).access_token

    def _sell(self) -> None:
        owner = self.users["seller"]
        self.lamp = variant(title="Lamp", sold_by=owner, stock=50)
        hidden = variant(title="Hidden", sold_by=owner, is_active=False)
        shirt = product("Shirt", sold_by=owner, stock=[1, 1])
        sold_out = variant(title="Sold out", sold_by=owner, stock=0)
        path = f"/api/products/{self.lamp.product_id}/images/"
        image = SimpleUploadedFile("a.jpg", samples.jpeg((64, 64)), content_type="image/jpeg")
        uploaded = self.client("seller").post(path, {"image": image}, format="multipart").json()["data"]
        self.names |= {
            "product": self.lamp.product_id,
            "slug": self.lamp.product.slug,
            "category_slug": self.lamp.product.category.slug,
            "variant": self.lamp.pk,
            "hidden": hidden.product_id,
            "hidden_variant": hidden.pk,
            "shirt": shirt.pk,
            "small_shirt": shirt.variants.earliest("pk").pk,
            "sold_out": sold_out.product_id,
            "image": uploaded["id"],
            "file": uploaded["url"].removeprefix("/media/"),
            "seller": owner.pk,
            "category": self.lamp.product.category_id,
            "empty_category": category_by_names(["Empty"], by=SYSTEM).pk,
        }

    def _buy(self) -> None:
        orders = [order_of(self.buyer, {self.lamp.pk: 2, variant().pk: 1}) for _ in range(4)]
        for order in orders[1:]:
            ship_all(order.pk, by=SYSTEM, now=NOW)
        for order in orders[2:]:
            deliver_all(order.pk, by=SYSTEM, now=NOW)
        requested, approved = (self._requested(order) for order in orders[2:])
        approve(approved.pk, by=SYSTEM, now=NOW)
        claim = Claim(exposure_id=None, shopper_key=None, added_at=NOW)
        for owner in (Owner(user_id=self.buyer.pk), guest_with(self.cart_token)):
            add_item(owner, product_id=None, variant_id=self.lamp.pk, quantity=1, claim=claim)
        confirmed, shipped, _, delivered = orders
        issue([delivered.pk], by=SYSTEM, now=NOW)
        of_seller = {"seller": self.users["seller"]}
        self.names |= {
            "confirmed": confirmed.pk,
            "number": confirmed.order_number,
            "payment": Payment.objects.get(order_number=confirmed.order_number).pk,
            "shipped": shipped.pk,
            "shipment": shipped.shipments.get(**of_seller).pk,
            "delivered": delivered.pk,
            "requested": requested.pk,
            "approved": approved.pk,
            "delivered_item": delivered.items.get(**of_seller).pk,
            "confirmed_item": confirmed.items.get(**of_seller).pk,
            "invoice": delivered.invoices.earliest("pk").number,
            "address": Address.objects.create(user=self.buyer, **{**ADDRESS, "country": "US"}).pk,
        }

    def _requested(self, order: Order) -> Any:
        item = order.items.get(seller=self.users["seller"])
        units, reasons = {item.pk: 1}, {item.pk: ReturnReason.OTHER}
        return request_return(order.pk, units=units, reasons=reasons, by=Actor.user(self.buyer.pk), now=NOW)

    def _purchase(self) -> None:
        client = self.client("seller")
        numbers = []
        for _ in range(3):
            bought = variant(sold_by=self.users["seller"], stock=0)
            supplier = self.created(client, "/api/purchasing/suppliers/", {"name": f"Kupfer {bought.pk}"})
            rule = {"supplier": supplier["id"], "reorder_point": 5, "target_stock": 20, "unit_cost": "4.50"}
            path = f"/api/purchasing/rules/{bought.pk}/"
            assert client.put(path, rule, format="json").status_code == 200
            (order,) = self.created(client, "/api/purchasing/orders/", None)
            numbers.append(order["number"])
            self.names.setdefault("drafted", bought.pk)
            self.names["bought"] = bought.pk
        for number, steps in zip(numbers[1:], (["approve"], ["approve", "send"]), strict=True):
            for step in steps:
                assert client.post(f"/api/purchasing/orders/{number}/{step}/").status_code == 200
        self.names |= dict(zip(("draft", "approved_order", "sent_order"), numbers, strict=True))

    def _wish(self) -> dict[str, Any]:
        """Share a wish list of the customer, and return the names of its rows."""
        item = self.created(self.client("customer"), "/api/wish-lists/items/", {"variant_id": self.lamp.pk})
        path = f"/api/wish-lists/{item['wish_list_id']}/link/"
        shared = self.client("customer").post(path).json()["data"]
        return {
            "wish_list": shared["id"],
            "wish": item["id"],
            "wish_list_token": shared["link_token"],
        }

    def _guest_token(self) -> str:
        order = order_of(customer(), {variant().pk: 1})
        Order.objects.filter(pk=order.pk).update(user=None, email="guest@example.org")
        return order_token(order)

    def _write_the_rest(self) -> None:
        admin = self.client("admin")
        customer_session = verified_token(
            RefreshToken, begin_session(self.buyer, now=timezone.now()).refresh_token
        )
        delivery = Delivery.objects.create(
            kind=NotificationKind.STOCK_ALERT,
            channel="email",
            recipient=self.buyer,
            state=DeliveryState.FAILED,
            collecting=False,
            queued_at=NOW,
            due_at=NOW,
            finished_at=NOW,
        )
        webhook = self.created(self.client("seller"), "/api/webhooks/endpoints/", WEBHOOK)["id"]
        waiting, failed = (ping(webhook, by=SYSTEM, now=NOW) for _ in range(2))
        WebhookDelivery.objects.filter(pk=failed.pk).update(state="FAILED")
        link = unsubscribe_url(self.buyer.pk, kind=NotificationKind.STOCK_ALERT)
        clerk = customer(is_staff=True)
        self.names |= {
            "passkey": Passkey.objects.create(
                user=self.buyer,
                name="Laptop",
                credential_id="1",
                public_key=b"1",
                sign_count=0,
                backed_up=False,
                created_at=NOW,
            ).pk,
            "entry": AuditEntry.objects.latest("pk").pk,
            "reconciliation": Reconciliation.objects.create(
                state=ReconciliationState.AGREES, started_at=NOW, finished_at=NOW
            ).pk,
            "receipt": Erasure.objects.create(requested_at=NOW).pk,
            "session": session_id_of(customer_session),
            "clerk": clerk.pk,
            "inactive_clerk": customer(is_staff=True, is_active=False).pk,
            "promoted_phone": customer().phone,
            "delivery": delivery.pk,
            "webhook": webhook,
            "webhook_delivery": failed.pk,
            "webhook_waiting": waiting.pk,
            "unsubscribe_token": link.rstrip("/").rpartition("/")[2],
            "order_token": self._guest_token(),
            "inbox_message": InboxMessage.objects.create(
                user=self.buyer,
                message_id="1",
                kind=NotificationKind.SHIPMENT,
                title="A parcel",
                created_at=NOW,
            ).pk,
            "query_rule": self.created(
                admin, "/api/search/rules/", QUERY_RULE | {"actions": [{"type": "remove", "words": "cheap"}]}
            )["id"],
            "synonym_set": self.created(admin, "/api/search/synonyms/", {"phrases": ["lamp", "light"]})["id"],
            "event_name": self.created(admin, "/api/events/names/", {"name": "quiz_begun"})["id"],
            "tax_rate": self.created(admin, "/api/taxes/rates/", TAX_RATE | {"state": "CA"})["id"],
            "promotion": self.created(admin, "/api/promotions/", PROMOTION)["id"],
            **self._wish(),
            "shipping_method": self.created(admin, "/api/shipping/methods/", METHOD | {"code": "slow"})["id"],
        }

        self._enter_code()
        self._write_reviews()

    def _write_reviews(self) -> None:
        """Write a published review with a picture and an answer, and another one that waits for staff."""
        options: Any = {"by": Actor.user(self.buyer.pk), "now": NOW}
        row = review(self.lamp.product, by=self.buyer, approved=False)
        picture, _ = add_picture(row.pk, data=samples.jpeg((48, 48)), author=self.buyer, **options)
        decide(row)
        write_answer(row.pk, seller=self.users["seller"], text="Thanks", **options)
        pending = review(product(), by=self.buyer, approved=False)
        self.names |= {"review": row.pk, "review_picture": picture.pk, "pending_review": pending.pk}

    def _enter_code(self) -> None:
        """Add a code to a promotion, and enter it into the customer's and the guest's carts."""
        path = f"/api/promotions/{self.names['promotion']}/codes/"
        (self.names["code"],) = self.created(self.client("admin"), path, {"codes": ["WELCOME"]})["codes"]
        for role in ("customer", "guest"):
            self.created(self.client(role), "/api/orders/cart/codes/", {"code": "WELCOME"})

    def created(self, client: APIClient, path: str, body: object) -> Any:
        response = client.post(path, body, format="json")
        assert response.status_code == 201, response.content
        return response.json()["data"]

    def client(self, role: str) -> APIClient:
        """Return a client of the role from an address of its own, because guests are throttled by address."""
        client = APIClient()
        number = next(_addresses)
        client.defaults["REMOTE_ADDR"] = f"10.{number // 62_500}.{number // 250 % 250}.{number % 250}"
        if role in self.users:
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {self.tokens[role]}")
        elif role != "no token":
            token = self.cart_token if role == "guest" else new_cart_token()
            client.credentials(HTTP_X_CART_TOKEN=token)
        return client

    def send(self, request: str, *, role: str, area: str) -> Response:
        """Send the request and undo what it has changed.

        A request of a guest is about the guest's order or cart, any other request about the customer's.
        "staff with" has the area only, and "staff without" all others; where no area is named, all and none.
        """
        undone = transaction.atomic()
        # As in Django's TestCase: attempts to guess a password are counted in a durable transaction.
        undone._from_testcase = True  # type: ignore[attr-defined]
        with undone:
            if role in GUESTS:
                self._give_to_guest()
            if role in STAFF:
                self._grant(role, area=area)
            method, path = request.split()
            names = {**self.names, "item": self._cart(role).items.get().pk}
            body = _filled(self._body(request), names=names)
            send = getattr(self.client(role), method.lower())
            options = {} if body is None else {"data": body, "format": "json"}
            if "image" in (body or ()):
                file = SimpleUploadedFile("b.jpg", samples.jpeg((32, 32)), content_type="image/jpeg")
                options = {"data": {"image": file}, "format": "multipart"}
            response: Response = send(path.format(**names), **options)
            # Reading all of a file is what closes it.
            b"".join(getattr(response, "streaming_content", ()))
            transaction.set_rollback(True)
        return response

    def _body(self, request: str) -> Any:
        body = BODIES.get(request)
        if body is None or body.get("items") != ONE_UNIT:
            return body
        delivered = "{delivered}" in request or "returns" in request
        item = "{delivered_item}" if delivered else "{confirmed_item}"
        return {**body, "items": [{"item_id": item, "quantity": 1}]}

    def _give_to_guest(self) -> None:
        owner = guest_with(self.cart_token)
        Order.objects.update(user=None, guest=owner.guest, email="ada@example.org")

    def _grant(self, role: str, *, area: str) -> None:
        chosen = {StaffArea(area)} if area else ALL_AREAS
        areas = chosen if role == "staff with" else ALL_AREAS - chosen
        User.objects.filter(pk=self.users[role].pk).update(areas=stored_areas(areas))

    def _cart(self, role: str) -> Cart:
        owner = guest_with(self.cart_token) if role in GUESTS else Owner(user_id=self.buyer.pk)
        return Cart.objects.get(**owner.columns())


def _filled(value: Any, *, names: Mapping[str, Any]) -> Any:
    match value:
        case dict():
            return {key: _filled(each, names=names) for key, each in value.items()}
        case list():
            return [_filled(each, names=names) for each in value]
        case str() if value.startswith("{"):
            return names[value.strip("{}")]
    return value
