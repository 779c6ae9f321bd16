"""What staff can do with orders, shipments and returns in Django's admin."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone

from backend.api import money
from backend.api.service_admin.operations import Operation, OperationForm, Values
from backend.audit.actors import actor_of
from backend.orders import returns, shipments
from backend.orders.cancellation import cancel_units
from backend.orders.changes import open_units
from backend.orders.fulfilment_models import Return, ReturnStatus, Shipment
from backend.orders.models import Order, OrderItem, OrderStatus
from backend.orders.refunds import grant_refund
from backend.orders.returns import Condition
from backend.orders.status import ALLOWED_FROM, Action

ITEM = "item_"


def _allows(action: Action) -> Callable[[Order], bool]:
    return lambda order: order.status in ALLOWED_FROM[action]


def _with_note(step: Callable[..., object], *, message: str) -> Callable[[HttpRequest, Any, Values], str]:
    """Return the function that takes a step of a row with the note of a `NoteForm`, and returns `message`."""

    def perform(request: HttpRequest, row: Any, values: Values) -> str:
        step(row.pk, note=values["note"], by=actor_of(request), now=timezone.now())
        return message

    return perform


class NoteForm(OperationForm):
    """A note for the history."""

    note = forms.CharField(max_length=500, required=False)


class UnitsForm(NoteForm):
    """Units of each line of an order."""

    field_order = None

    def add_fields(self) -> None:
        """Add a number for each line with units that are neither shipped nor cancelled."""
        for item in self.row.items.all():
            if (most := open_units(item)) > 0:
                self.fields[f"{ITEM}{item.pk}"] = forms.IntegerField(
                    label=_label(item), min_value=0, max_value=most, initial=most, help_text=f"0 to {most}"
                )


def _label(item: OrderItem) -> str:
    snapshot: Mapping[str, Any] = item.product_snapshot
    return f"{snapshot.get('title', '')} ({snapshot.get('sku', item.variant_id)})"


def _units(values: Values) -> dict[int, int]:
    return {
        int(name.removeprefix(ITEM)): units
        for name, units in values.items()
        if name.startswith(ITEM) and units
    }


class ParcelForm(UnitsForm):
    """A parcel with units of one seller."""

    carrier = forms.CharField(max_length=60, required=False)
    tracking_number = forms.CharField(max_length=100, required=False)


def ship(request: HttpRequest, order: Order, values: Values) -> str:
    """Ship units in a parcel."""
    shipment = shipments.create_shipment(
        order.pk,
        units=_units(values),
        carrier=values["carrier"],
        tracking_number=values["tracking_number"],
        note=values["note"],
        by=actor_of(request),
        now=timezone.now(),
    )
    return f"Shipped as {shipment.number}."


def cancel(request: HttpRequest, order: Order, values: Values) -> str:
    """Cancel units that are not shipped."""
    # An order that isn't confirmed can only be cancelled as a whole.
    units = None if order.status == OrderStatus.PENDING else _units(values)
    cancel_units(order.pk, units=units, note=values["note"], by=actor_of(request), now=timezone.now())
    return "Cancelled."


class CancelForm(UnitsForm):
    """Units to cancel; an order that isn't confirmed is cancelled as a whole."""

    def add_fields(self) -> None:
        """Add the units of lines unless the whole order is cancelled."""
        if self.row.status != OrderStatus.PENDING:
            super().add_fields()


class RefundForm(OperationForm):
    """Money to refund."""

    amount = forms.DecimalField(required=False, min_value=0, max_digits=16, decimal_places=money.MAX_EXPONENT)
    shipping = forms.BooleanField(required=False, label="Refund shipping")
    reason = forms.CharField(max_length=500)

    def add_fields(self) -> None:
        """Name the currency."""
        self.fields["amount"].help_text = f"In {self.row.currency}, with tax; empty for shipping alone."


def refund(request: HttpRequest, order: Order, values: Values) -> str:
    """Refund money without units."""
    grant_refund(order.pk, **values, by=actor_of(request), now=timezone.now())
    return "The refund is granted; the payment follows."


ORDER_OPERATIONS = (
    Operation(
        name="ship-all",
        label="Ship everything",
        form=NoteForm,
        perform=_with_note(shipments.ship_all, message="Everything is shipped."),
        applies=_allows(Action.SHIP),
        explanation="The units that are left go out in a parcel for each seller.",
    ),
    Operation(
        name="ship",
        label="Ship a parcel",
        form=ParcelForm,
        perform=ship,
        applies=_allows(Action.SHIP),
        explanation="A parcel has units of one seller.",
    ),
    Operation(
        name="deliver",
        label="Record delivery",
        form=NoteForm,
        perform=_with_note(shipments.deliver_all, message="The delivery is recorded."),
        applies=_allows(Action.DELIVER),
        explanation="Everything shipped was delivered; cash on delivery counts as collected.",
    ),
    Operation(
        name="cancel",
        label="Cancel units",
        form=CancelForm,
        perform=cancel,
        applies=_allows(Action.CANCEL),
        explanation="The units become available again; what was paid for them is refunded.",
    ),
    Operation(
        name="refund",
        label="Refund money",
        form=RefundForm,
        perform=refund,
        applies=_allows(Action.REFUND),
        explanation="For money without units. Units that come back are refunded with their return.",
    ),
)


def deliver(request: HttpRequest, shipment: Shipment, values: Values) -> str:
    """Record the delivery of the parcel."""
    shipments.deliver_shipment(
        shipment.pk,
        order_id=shipment.order_id,
        note=values["note"],
        by=actor_of(request),
        now=timezone.now(),
    )
    return "The delivery is recorded."


SHIPMENT_OPERATIONS = (
    Operation(
        name="deliver",
        label="Record delivery",
        form=NoteForm,
        perform=deliver,
        applies=lambda shipment: shipment.delivered_at is None,
    ),
)


class ReceiveForm(OperationForm):
    """The conditions in which the units of a return arrived."""

    refund_shipping = forms.ChoiceField(
        choices=[("", "by the shop's rule"), ("yes", "yes"), ("no", "no")], required=False
    )

    def add_fields(self) -> None:
        """Add three numbers for each line."""
        for line in self.row.items.select_related("item"):
            for condition in ("resellable", "damaged", "missing"):
                self.fields[f"{condition}_{line.item_id}"] = forms.IntegerField(
                    label=f"{_label(line.item)}: {condition}",
                    min_value=0,
                    max_value=line.quantity,
                    initial=line.quantity if condition == "resellable" else 0,
                )


def receive(request: HttpRequest, row: Return, values: Values) -> str:
    """Take the units into stock by their condition."""
    conditions = {
        item_id: Condition(
            **{name: values[f"{name}_{item_id}"] for name in ("resellable", "damaged", "missing")}
        )
        for item_id in row.items.values_list("item_id", flat=True)
    }
    returns.receive(
        row.pk,
        conditions=conditions,
        refund_shipping={"yes": True, "no": False}.get(values["refund_shipping"]),
        by=actor_of(request),
        now=timezone.now(),
    )
    return "The units are received; the refund follows."


def _is(*statuses: ReturnStatus) -> Callable[[Return], bool]:
    return lambda row: row.status in statuses


RETURN_OPERATIONS = (
    Operation(
        name="approve",
        label="Approve",
        form=NoteForm,
        perform=_with_note(returns.approve, message="The return is approved."),
        applies=_is(ReturnStatus.REQUESTED),
        explanation="The customer can send the units.",
    ),
    Operation(
        name="reject",
        label="Reject",
        form=NoteForm,
        perform=_with_note(returns.reject, message="The return is rejected."),
        applies=_is(ReturnStatus.REQUESTED),
    ),
    Operation(
        name="receive",
        label="Receive units",
        form=ReceiveForm,
        perform=receive,
        applies=_is(ReturnStatus.APPROVED),
        explanation="Each unit of a line is resellable, damaged or missing.",
    ),
)
