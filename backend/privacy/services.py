"""Erases customers; docs/decisions/privacy.md has the states and the order of locks."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from backend.accounts.errors import WrongPassword
from backend.accounts.models import User
from backend.accounts.passwords import confirm_password
from backend.accounts.second_factor import services as second_factor
from backend.accounts.second_factor.enrolment import is_verified
from backend.accounts.second_factor.errors import WrongCode
from backend.accounts.shopper_keys import ShopperKeys, shopper_keys_of
from backend.audit.actors import Actor
from backend.audit.services import record
from backend.carts.models import Cart
from backend.invoices.models import Invoice
from backend.orders.models import Order
from backend.outbox.services import publish
from backend.outbox.topics import Topic
from backend.privacy.handlers import handlers, stores
from backend.privacy.models import Erasure, ErasureStep
from backend.privacy.obstacles import require_erasable

logger = structlog.get_logger(__name__)


def erase_account(
    user_id: int, *, password: str, code: str, session_id: UUID, by: Actor, now: datetime
) -> Erasure:
    """Erase the customer, whose password and second factor are verified first, and return the receipt.

    `code` may be empty if the second factor was just verified in the session, as by a passkey.

    Raises:
        WrongPassword: `password` is wrong, or was changed by another request meanwhile.
        TooManyAttempts: too many passwords or codes were tried.
        WrongCode: the account has a second factor, and `code` is wrong, or is left out without a reason.
        ErasureRefused: the account is still needed; the code can be used again.
    """
    before = User.objects.get(pk=user_id)
    confirm_password(before, password=password, session_id=session_id, now=now)
    # Neither a code nor an attempt at one is used up by a request that can't succeed.
    require_erasable(before)
    if code and second_factor.methods_of(before):
        second_factor.count_code(user_id, code=code, now=now)
    with transaction.atomic():
        user = _locked(user_id)
        if user.password != before.password:
            raise WrongPassword
        require_erasable(user)
        accepted = not second_factor.methods_of(user) or is_verified(
            user_id, code=code or None, session_id=session_id, now=now
        )
        erasure = _erased(user, by=by, now=now) if accepted else None
    if erasure is None:
        # Raised after the commit, because the refusal of the code is recorded.
        raise WrongCode
    # After restoring a backup, operators look here for the customers to erase again.
    logger.info("customer_erased", erased_user_id=user_id)
    return erasure


def erase_customer(user_id: int, *, by: Actor, now: datetime) -> Erasure:
    """Erase the customer in one transaction, and return the receipt.

    Raises:
        ErasureRefused: the account is still needed.
        User.DoesNotExist: there is no such user.
    """
    with transaction.atomic():
        user = _locked(user_id)
        require_erasable(user)
        erasure = _erased(user, by=by, now=now)
    logger.info("customer_erased", erased_user_id=user_id)
    return erasure


def _erased(user: User, *, by: Actor, now: datetime) -> Erasure:
    """Erase the locked user's rows, and publish the erasure."""
    erasure = begin_erasure(shopper_keys_of(user.pk), orders=Order.objects.filter(user=user), now=now)
    # Recorded before, because the actor may be the user, and so may be what is said about the user.
    record("privacy.customer_erased", by=by, subject=user)
    publish_erasure(erasure, counts=_erase_rows(user.pk, now=now))
    return erasure


def _locked(user_id: int) -> User:
    """Return the user, locked against changes and against new rows that refer to it."""
    list(Cart.objects.select_for_update().filter(user=user_id).values_list("pk"))
    list(Order.objects.select_for_update().filter(user=user_id).order_by("pk").values_list("pk"))
    return User.objects.select_for_update(of=("self",)).get(pk=user_id)


def begin_erasure(keys: ShopperKeys | None, *, orders: QuerySet[Order], now: datetime) -> Erasure:
    """Insert the receipt of an erasure of a shopper who has these keys and orders, and return it."""
    erasure = Erasure.objects.create(
        requested_at=now,
        shopper_key=None if keys is None else keys.account,
        anonymous_ids=[str(key) for key in keys.anonymous] if keys else [],
        kept=_kept(orders),
    )
    ErasureStep.objects.bulk_create([ErasureStep(erasure=erasure, store=store.name) for store in stores()])
    return erasure


def publish_erasure(erasure: Erasure, *, counts: Mapping[str, int]) -> None:
    """Store how many rows were erased, by section, and publish the erasure to the stores."""
    erasure.erased = {section: count for section, count in counts.items() if count}
    erasure.save(update_fields=["erased"])
    publish(Topic.SHOPPER_ERASED, str(erasure.pk))


def _kept(orders: QuerySet[Order]) -> list[dict[str, Any]]:
    """Return what is kept although it is about the shopper, and until when."""
    invoices = Invoice.objects.filter(order__in=orders.values("pk"))
    newest = invoices.order_by("-issued_on").first()
    if newest is None:
        return []
    return [
        {
            "what": "invoices",
            "rows": invoices.count(),
            "until": (newest.issued_on + settings.INVOICE_RETENTION).isoformat(),
            "reason": "The law requires invoices to be kept.",
        }
    ]


def _erase_rows(user_id: int, *, now: datetime) -> dict[str, int]:
    counts: dict[str, int] = {}
    for handler in handlers():
        counts |= handler.erase(user_id, now=now)
    return counts


def confirm(erasure_id: UUID, *, store: str, now: datetime) -> None:
    """Store that a store has erased its data; when all have, delete the keys."""
    with transaction.atomic():
        erasure = Erasure.objects.select_for_update().get(pk=erasure_id)
        erasure.steps.filter(store=store, done_at=None).update(done_at=now)
        if erasure.completed_at is None and not erasure.steps.filter(done_at=None).exists():
            erasure.completed_at = now
            erasure.shopper_key, erasure.anonymous_ids = None, []
            erasure.save(update_fields=["completed_at", "shopper_key", "anonymous_ids"])


def keys_to_erase(erasure_id: UUID, *, store: str) -> ShopperKeys | None:
    """Return the keys that the store still has to erase; None if it has confirmed already."""
    step = ErasureStep.objects.filter(erasure=erasure_id, store=store, done_at=None).first()
    if step is None or step.erasure.shopper_key is None:
        return None
    return ShopperKeys(step.erasure.shopper_key, tuple(UUID(key) for key in step.erasure.anonymous_ids))
