"""The payment gateways of the shop, by name."""

from collections.abc import Callable, Mapping

from django.conf import settings

from backend.payments.errors import GatewayNotOffered
from backend.payments.gateways.cash_on_delivery import CashOnDelivery
from backend.payments.gateways.protocol import Gateway, Instruction, Outcome
from backend.payments.models import RequestKind


def _test() -> Gateway:
    from backend.payments.gateways.delivery import deliver  # noqa: PLC0415 - imports the webhooks
    from backend.payments.gateways.simulated import SimulatedGateway  # noqa: PLC0415 - not used in production

    return SimulatedGateway(deliver)


def _stripe() -> Gateway:
    from backend.payments.gateways.stripe import StripeGateway, StripeKeys  # noqa: PLC0415 - optional

    keys = StripeKeys(
        secret=settings.STRIPE_SECRET_KEY,
        publishable=settings.STRIPE_PUBLISHABLE_KEY,
        webhook_secret=settings.STRIPE_WEBHOOK_SECRET,
    )
    return StripeGateway(keys, url=settings.STRIPE_URL)


def _paypal() -> Gateway:
    from backend.payments.gateways.paypal import PayPalGateway  # noqa: PLC0415 - optional
    from backend.payments.gateways.paypal_client import PayPalKeys  # noqa: PLC0415 - optional

    keys = PayPalKeys(
        client_id=settings.PAYPAL_CLIENT_ID,
        client_secret=settings.PAYPAL_CLIENT_SECRET,
        webhook_id=settings.PAYPAL_WEBHOOK_ID,
    )
    return PayPalGateway(
        keys,
        return_url=settings.PAYPAL_RETURN_URL,
        captures_in_parts=settings.PAYPAL_CAPTURES_IN_PARTS,
        url=settings.PAYPAL_URL,
    )


_MAKERS: Mapping[str, Callable[[], Gateway]] = {
    "cod": CashOnDelivery,
    "test": _test,
    "stripe": _stripe,
    "paypal": _paypal,
}
_WEBHOOK_SECRETS = {"stripe": "STRIPE_WEBHOOK_SECRET", "paypal": "PAYPAL_WEBHOOK_ID"}
_made: dict[str, Gateway] = {}


def offered() -> list[str]:
    """Return the names of the gateways that the shop offers, in the order of PAYMENT_GATEWAYS."""
    return list(settings.PAYMENT_GATEWAYS)


def gateway(name: str) -> Gateway:
    """Return the gateway, whether or not the shop still offers it.

    Raises:
        GatewayNotOffered: there is no such gateway.
    """
    if name not in _MAKERS:
        raise GatewayNotOffered(gateway=name, allowed=offered())
    if name not in _made:
        _made[name] = _MAKERS[name]()
    return _made[name]


def offered_gateway(name: str) -> Gateway:
    """Return the gateway.

    Raises:
        GatewayNotOffered: the shop doesn't offer it.
    """
    if name not in offered():
        raise GatewayNotOffered(gateway=name, allowed=offered())
    return gateway(name)


def webhook_gateway(name: str) -> Gateway | None:
    """Return the gateway if the shop receives its webhooks; None otherwise.

    A gateway that is no longer offered still reports refunds and disputes, if its webhook secret is set.
    """
    secret = _WEBHOOK_SECRETS.get(name)
    if name in offered() or (secret is not None and getattr(settings, secret)):
        return gateway(name)
    return None


def replace(name: str, other: Gateway) -> Gateway | None:
    """Use `other` as the gateway `name`, such as one that calls a stand-in; return what was used before."""
    before = _made.get(name)
    _made[name] = other
    return before


def forget(name: str) -> None:
    """Discard the gateway, so that it is created from the settings again at its next use."""
    _made.pop(name, None)


def call(target: Gateway, kind: RequestKind, instruction: Instruction) -> Outcome:
    """Call the method of `target` that performs requests of `kind`.

    Raises:
        GatewayRefused: the gateway definitely did nothing.
        OutcomeUnknown: the gateway may have done it, or can't be reached.
    """
    match kind:
        case RequestKind.AUTHORISE:
            return target.authorise(instruction)
        case RequestKind.COMPLETE:
            return target.complete(instruction)
        case RequestKind.CAPTURE:
            return target.capture(instruction)
        case RequestKind.VOID:
            return target.void(instruction)
        case RequestKind.REFUND:
            return target.refund(instruction)
