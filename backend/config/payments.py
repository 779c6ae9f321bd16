"""Which payment gateways the shop offers."""

from django.core.exceptions import ImproperlyConfigured

from backend.config.environment import Variables

KNOWN = ("cod", "test", "stripe", "paypal")
_NEEDED = {
    "stripe": ("STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY", "STRIPE_WEBHOOK_SECRET"),
    "paypal": ("PAYPAL_CLIENT_ID", "PAYPAL_CLIENT_SECRET", "PAYPAL_WEBHOOK_ID", "PAYPAL_RETURN_URL"),
}


def payment_gateways(env: Variables, *, environment: str) -> list[str]:
    """Return the names of the gateways that the shop offers; the first one is the default.

    Raises:
        ImproperlyConfigured: a name is unknown, a gateway's variable is missing, or production would accept
            payments of the test gateway without ALLOW_TEST_PAYMENTS.
    """
    is_production = environment == "production"
    names = env.words("PAYMENT_GATEWAYS", ["cod"] if is_production else ["cod", "test"])
    if unknown := [name for name in names if name not in KNOWN]:
        raise ImproperlyConfigured(f"PAYMENT_GATEWAYS: {unknown[0]!r} is not one of {', '.join(KNOWN)}")
    if "test" in names and is_production and not env.flag("ALLOW_TEST_PAYMENTS", default=False):
        raise ImproperlyConfigured(
            "PAYMENT_GATEWAYS contains test, which moves no money: remove it, or set ALLOW_TEST_PAYMENTS=True"
        )
    missing = [key for name in names for key in _NEEDED.get(name, ()) if not env.text(key, "")]
    if missing:
        raise ImproperlyConfigured(f"PAYMENT_GATEWAYS needs {', '.join(missing)}")
    return list(dict.fromkeys(names))
