"""Every write that the pages of the admin offer, with what is sent and what it must change."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from backend.accounts.models import Session, User, UserType
from backend.accounts.sessions import begin_session
from backend.catalog.categories import category_by_names
from backend.catalog.images.models import ProductImage
from backend.catalog.images.services import add_image
from backend.catalog.models import Category, Product, Variant
from backend.inventory.models import StockThreshold
from backend.notifications.models import Delivery, DeliveryState, NotificationKind
from backend.orders.fulfilment_models import Return, ReturnReason, Shipment
from backend.orders.models import Order
from backend.orders.refund_models import GrantedRefund
from backend.orders.returns import approve, request_return
from backend.orders.shipments import deliver_all, ship_all
from backend.payments.models import Payment, PaymentRequest
from backend.purchasing.drafting import draft_purchase_orders
from backend.purchasing.models import PurchaseOrder
from backend.purchasing.services import Step, set_reorder_rule, take_step
from backend.recommendations import services as models
from backend.recommendations.models import ModelVersion
from ml.registry import Registry
from tests.backend.orders.steps import order_of
from tests.backend.recommendations.shop import register
from tests.backend.shop import NOW, SYSTEM, customer, product, seller, stock_of, variant

Values = Mapping[str, Any]
GONE, NOT_NOW = "Perhaps it was deleted", "is not possible now"


@dataclass(frozen=True, kw_only=True)
class Write:
    """A write of a page, on the row that `arrange` makes; the page of a new row has none.

    `sent` are the changed fields of the form and `wrong` others, which are refused with `error`. A form
    without fields is instead sent again, which must show `error` and change nothing. `state` is what
    changes, and becomes `expected`.
    """

    model: type[Any]
    name: str
    arrange: Callable[[Path], Any]
    sent: Callable[[Any], Values] = lambda _: {}
    wrong: Callable[[Any], Values] | None = None
    error: str = NOT_NOW
    state: Callable[[Any], object]
    expected: object
    audit: str

    @property
    def page(self) -> str:
        """The page of the admin that has the form."""
        return {"create": "add", "remove": "delete"}.get(self.name, self.name.partition(" ")[0])


def _values(**values: Any) -> Callable[[Any], Values]:
    return lambda _: values


def _status(row: Any) -> str:
    return str(row.status)


def _picture(colour: str = "teal") -> bytes:
    file = BytesIO()
    Image.new("RGB", (60, 40), colour).save(file, "PNG")
    return file.getvalue()


# Accounts.


def _with_session(_: Path) -> User:
    user = customer()
    begin_session(user, now=timezone.now())
    return user


def _session(folder: Path) -> Session:
    return Session.objects.get(user=_with_session(folder))


def _open_sessions(user: User) -> int:
    return Session.objects.filter(user=user, ended_at=None).count()


ACCOUNTS = (
    Write(
        model=User,
        name="deactivate",
        arrange=lambda _: customer(),
        state=lambda user: user.is_active,
        expected=False,
        audit="accounts.deactivated",
    ),
    Write(
        model=User,
        name="activate",
        arrange=lambda _: customer(is_active=False),
        state=lambda user: user.is_active,
        expected=True,
        audit="accounts.activated",
    ),
    Write(
        model=User,
        name="end-sessions",
        arrange=_with_session,
        error="0 sessions have ended.",
        state=_open_sessions,
        expected=0,
        audit="accounts.sessions_ended",
    ),
    Write(
        model=User,
        name="areas",
        arrange=lambda _: customer(),
        sent=_values(areas=["orders"]),
        wrong=_values(areas=["cellar"]),
        error="Select a valid choice. cellar",
        state=lambda user: {area.value for area in user.staff_areas},
        expected={"orders"},
        audit="accounts.areas_changed",
    ),
    Write(
        model=Session,
        name="end",
        arrange=_session,
        state=lambda session: session.ended_at is None,
        expected=False,
        audit="accounts.session_ended",
    ),
)

# The catalogue.


def _new_product(_: Path) -> None:
    User.objects.create_user("+16502530077", user_type=UserType.SELLER)
    category_by_names(["Home"], by=SYSTEM)


def _fields_of_a_product(_: object) -> Values:
    return {
        "title": "A lamp",
        "category": str(Category.objects.get(path="Home").pk),
        "attributes": "{}",
        "price": "10",
        "currency": "EUR",
        "discount_percentage": "0",
        "tax_class": "standard",
        "seller_phone": "+16502530077",
        "sku": "L-1",
        "is_active": "on",
    }


def _with_image(_: Path) -> Product:
    lamp = product()
    add_image(lamp.pk, data=_picture(), alt="A lamp", by=SYSTEM, now=NOW)
    return lamp


def _new_variant(lamp: Product, **changes: str) -> Values:
    added = {"product": str(lamp.pk), "sku": "LAMP-XL", "name": "large", "is_active": "on", **changes}
    added = {"price_modifier": "5", **added}
    return {"variants-TOTAL_FORMS": "2", **{f"variants-1-{name}": value for name, value in added.items()}}


CATALOGUE = (
    Write(
        model=Category,
        name="create",
        arrange=lambda _: None,
        sent=_values(name="Light", parent=""),
        wrong=_values(name="a > b", parent=""),
        error="Each level needs a name without",
        state=lambda _: Category.objects.count(),
        expected=1,
        audit="catalog.category_created",
    ),
    Write(
        model=Category,
        name="change",
        arrange=lambda _: category_by_names(["Home"], by=SYSTEM),
        sent=_values(name="House"),
        wrong=_values(name="a > b"),
        error="Each level needs a name without",
        state=lambda category: category.path,
        expected="House",
        audit="catalog.category_renamed",
    ),
    Write(
        model=Category,
        name="remove",
        arrange=lambda _: category_by_names(["Home"], by=SYSTEM),
        error=GONE,
        state=lambda _: Category.objects.count(),
        expected=0,
        audit="catalog.category_deleted",
    ),
    Write(
        model=Product,
        name="create",
        arrange=_new_product,
        sent=_fields_of_a_product,
        wrong=lambda row: {**_fields_of_a_product(row), "seller_phone": "+16502530078"},
        error="There is no seller with this phone.",
        state=lambda _: Product.objects.count(),
        expected=1,
        audit="catalog.product_created",
    ),
    Write(
        model=Product,
        name="change",
        arrange=lambda _: product(price="10.00"),
        sent=_values(price="12.50"),
        wrong=_values(price="12.345"),
        error="at most 2 decimal places",
        state=lambda lamp: str(lamp.price.normalize()),
        expected="12.5",
        audit="catalog.product_updated",
    ),
    Write(
        model=Product,
        name="remove",
        arrange=lambda _: product(),
        error=GONE,
        state=lambda lamp: lamp.deleted_at is None,
        expected=False,
        audit="catalog.product_deleted",
    ),
    Write(
        model=Product,
        name="add-image",
        arrange=lambda _: product(),
        sent=lambda _: {"image": SimpleUploadedFile("lamp.png", _picture()), "alt": "A lamp"},
        wrong=lambda _: {"image": SimpleUploadedFile("lamp.png", b"no image"), "alt": ""},
        error="The file is not an image that can be used.",
        state=lambda lamp: lamp.images.count(),
        expected=1,
        audit="catalog.image_added",
    ),
    Write(
        model=Product,
        name="change VariantInline create",
        arrange=lambda _: product(),
        sent=_new_variant,
        wrong=lambda lamp: _new_variant(lamp, sku=""),
        error="This field is required.",
        state=lambda lamp: lamp.variants.count(),
        expected=2,
        audit="catalog.variants_created",
    ),
    Write(
        model=Product,
        name="change VariantInline change",
        arrange=lambda _: product(price="10.00"),
        sent=_values(**{"variants-0-price_modifier": "2"}),
        wrong=_values(**{"variants-0-price_modifier": "-11"}),
        error="negative",
        state=lambda lamp: str(lamp.variants.get().sale_price.normalize()),
        expected="12",
        audit="catalog.variant_updated",
    ),
    Write(
        model=Product,
        name="change ImageInline change",
        arrange=_with_image,
        sent=_values(**{"images-0-alt": "A teal lamp"}),
        wrong=_values(**{"images-0-position": "-1"}),
        error="greater than or equal to 0",
        state=lambda lamp: lamp.images.get().alt,
        expected="A teal lamp",
        audit="catalog.image_updated",
    ),
    Write(
        model=Product,
        name="change ImageInline remove",
        arrange=_with_image,
        sent=_values(**{"images-0-DELETE": "on"}),
        wrong=_values(**{"images-0-position": "-1"}),
        error="greater than or equal to 0",
        state=lambda _: ProductImage.objects.count(),
        expected=0,
        audit="catalog.image_deleted",
    ),
)

# Stock and purchasing.


def _purchase_order(*steps: Step) -> Callable[[Path], PurchaseOrder]:
    def arrange(_: Path) -> PurchaseOrder:
        rule = {"reorder_point": 10, "target_stock": 30}
        set_reorder_rule(variant(stock=3), values=rule, by=SYSTEM)
        (order,) = draft_purchase_orders(by=SYSTEM, now=NOW)
        for step in steps:
            take_step(order.number, step, by=SYSTEM, now=NOW)
        return order

    return arrange


def _delivered(units: int) -> Callable[[PurchaseOrder], Values]:
    return lambda order: {f"variant_{order.lines.get().variant_id}": str(units)}


STOCK = (
    Write(
        model=Variant,
        name="record",
        arrange=lambda _: variant(stock=5),
        sent=_values(transaction_type="ADJUSTMENT", quantity="-2"),
        wrong=_values(transaction_type="DAMAGE", quantity="6"),
        error="available",
        state=lambda lamp: stock_of(lamp.pk),
        expected=(3, 0),
        audit="inventory.stock_changed",
    ),
    Write(
        model=Variant,
        name="threshold",
        arrange=lambda _: variant(),
        sent=_values(units="2"),
        wrong=_values(units="-1"),
        error="greater than or equal to 0",
        state=lambda lamp: [row.units for row in StockThreshold.objects.filter(variant=lamp)],
        expected=[2],
        audit="inventory.threshold_set",
    ),
    *(
        Write(
            model=PurchaseOrder,
            name=name,
            arrange=_purchase_order(*steps),
            state=_status,
            expected=status,
            audit="purchasing.status_changed",
        )
        for name, steps, status in (
            ("approve", (), "APPROVED"),
            ("send", (Step.APPROVE,), "SENT"),
            ("close", (), "CANCELLED"),
        )
    ),
    Write(
        model=PurchaseOrder,
        name="receive",
        arrange=_purchase_order(Step.APPROVE),
        sent=_delivered(27),
        wrong=_delivered(28),
        error="27",
        state=_status,
        expected="RECEIVED",
        audit="purchasing.delivery_received",
    ),
)

# Orders and returns.


def _order(_: Path) -> Order:
    return order_of(customer(), {product(price="10.00", stock=5).variants.get().pk: 2})


def _shipped(folder: Path) -> Order:
    order = _order(folder)
    ship_all(order.pk, by=SYSTEM, now=NOW)
    return order


def _requested(folder: Path) -> Return:
    order = _shipped(folder)
    deliver_all(order.pk, by=SYSTEM, now=NOW)
    item = order.items.get()
    return request_return(
        order.pk, units={item.pk: 2}, reasons={item.pk: ReturnReason.OTHER}, by=SYSTEM, now=NOW
    )


def _approved(folder: Path) -> Return:
    row = _requested(folder)
    approve(row.pk, by=SYSTEM, now=NOW)
    return row


def _units(number: int) -> Callable[[Order], Values]:
    return lambda order: {f"item_{order.items.get().pk}": str(number)}


def _conditions(**units: int) -> Callable[[Return], Values]:
    return lambda row: {
        f"{condition}_{row.items.get().item_id}": str(number) for condition, number in units.items()
    }


TOO_LONG = _values(note="n" * 501)
ORDERS = (
    Write(
        model=Order,
        name="ship-all",
        arrange=_order,
        sent=_values(note="Off it goes."),
        wrong=TOO_LONG,
        error="at most 500 characters",
        state=_status,
        expected="SHIPPED",
        audit="orders.shipped",
    ),
    Write(
        model=Order,
        name="ship",
        arrange=_order,
        sent=_units(1),
        wrong=_units(3),
        error="less than or equal to 2",
        state=_status,
        expected="PARTIALLY_SHIPPED",
        audit="orders.shipped",
    ),
    Write(
        model=Order,
        name="deliver",
        arrange=_shipped,
        wrong=TOO_LONG,
        error="at most 500 characters",
        state=_status,
        expected="DELIVERED",
        audit="orders.delivered",
    ),
    Write(
        model=Order,
        name="cancel",
        arrange=_order,
        sent=_units(1),
        wrong=_units(0),
        error="unit",
        state=lambda order: order.items.get().cancelled,
        expected=1,
        audit="orders.units_cancelled",
    ),
    Write(
        model=Order,
        name="refund",
        arrange=_order,
        sent=_values(amount="5", reason="A scratch"),
        wrong=_values(amount="1000", reason="Too much"),
        error="available",
        state=lambda order: [
            str(row.amount.normalize()) for row in GrantedRefund.objects.filter(order=order)
        ],
        expected=["5"],
        audit="orders.refund_granted",
    ),
    Write(
        model=Shipment,
        name="deliver",
        arrange=lambda folder: _shipped(folder).shipments.get(),
        wrong=TOO_LONG,
        error="at most 500 characters",
        state=lambda shipment: shipment.delivered_at is None,
        expected=False,
        audit="orders.delivered",
    ),
    *(
        Write(
            model=Return,
            name=name,
            arrange=_requested,
            sent=_values(note="Fine."),
            wrong=TOO_LONG,
            error="at most 500 characters",
            state=_status,
            expected=status,
            audit="orders.return_status_changed",
        )
        for name, status in (("approve", "APPROVED"), ("reject", "REJECTED"))
    ),
    Write(
        model=Return,
        name="receive",
        arrange=_approved,
        sent=_conditions(resellable=1, damaged=1, missing=0),
        wrong=_conditions(resellable=2, damaged=1, missing=0),
        error="must add up to 2",
        state=lambda row: row.received_at is None,
        expected=False,
        audit="orders.return_status_changed",
    ),
)

# Payments.


def _payment(_: Path) -> Payment:
    return Payment.objects.create(
        order_number="A-1",
        gateway="test",
        currency="USD",
        amount=100,
        needs_attention=True,
        created_at=NOW,
        updated_at=NOW,
    )


def _unresolved(folder: Path) -> PaymentRequest:
    return PaymentRequest.objects.create(
        payment=_payment(folder),
        kind="AUTHORISE",
        amount=100,
        state="UNRESOLVED",
        attempts=9,
        error="the gateway is unavailable",
        created_at=NOW,
        finished_at=NOW,
    )


PAYMENTS = (
    Write(
        model=Payment,
        name="acknowledge",
        arrange=_payment,
        state=lambda payment: payment.needs_attention,
        expected=False,
        audit="payments.acknowledged",
    ),
    Write(
        model=PaymentRequest,
        name="retry",
        arrange=_unresolved,
        state=lambda request: request.state,
        expected="PENDING",
        audit="payments.request_retried",
    ),
    Write(
        model=PaymentRequest,
        name="give-up",
        arrange=_unresolved,
        sent=_values(reason="Not in the dashboard"),
        wrong=_values(reason=""),
        error="This field is required.",
        state=lambda request: request.state,
        expected="FAILED",
        audit="payments.request_given_up",
    ),
)

# Models and messages.


def _versions(folder: Path) -> list[ModelVersion]:
    """Publish two versions of an empty model, the second of which is serving."""
    registry = Registry(folder / "models")
    return [
        models.publish(
            register(
                folder / "models",
                {"product.content_based": {3: [(4, 1.0, 0)]}},
                now=NOW + timedelta(days=day),
                fingerprint=str(day) * 64,
            ).id,
            registry=registry,
            by=SYSTEM,
            now=NOW + timedelta(days=day),
        )
        for day in range(2)
    ]


def _failed_message(_: Path) -> Delivery:
    return Delivery.objects.create(
        kind=NotificationKind.STOCK_ALERT,
        channel="email",
        recipient=seller(),
        state=DeliveryState.FAILED,
        collecting=False,
        queued_at=NOW,
        due_at=NOW,
        finished_at=NOW,
    )


REST = (
    Write(
        model=ModelVersion,
        name="publish",
        arrange=lambda folder: _versions(folder)[0],
        state=lambda row: row.is_serving,
        expected=True,
        audit="recommendations.published",
    ),
    Write(
        model=ModelVersion,
        name="roll-back",
        arrange=lambda folder: _versions(folder)[1],
        state=lambda row: row.is_serving,
        expected=False,
        audit="recommendations.rolled_back",
    ),
    Write(
        model=Delivery,
        name="send-again",
        arrange=_failed_message,
        state=lambda delivery: delivery.state,
        expected=DeliveryState.PENDING,
        audit="notifications.sent_again",
    ),
)

WRITES = (*ACCOUNTS, *CATALOGUE, *STOCK, *ORDERS, *PAYMENTS, *REST)
