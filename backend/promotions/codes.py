"""Codes: those that a promotion has, and those that shoppers enter into their carts."""

import re
import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from backend.api.errors import InvalidInput
from backend.api.owners import Owner
from backend.audit.actors import Actor
from backend.audit.services import record
from backend.promotions.errors import PromotionCodeExists, PromotionCodeNotFound, TooManyCodes
from backend.promotions.models import CODE_LENGTH, CartCode, Promotion, PromotionCode
from backend.promotions.selectors import promotion_for

MAX_CART_CODES = 5
MAX_BATCH = 10_000
RANDOM_LENGTH = 12
CODE = re.compile(r"[A-Za-z0-9_-]+")
# Without 0, O, 1, I and L, which readers confuse.
ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


def normalised(code: str) -> str:
    """Return the code as it is stored: in capitals, without spaces around it."""
    return code.strip().upper()


def enter_code(owner: Owner, code: str, *, now: datetime) -> None:
    """Add a code to the owner's cart; a code that the cart has already stays.

    A code may not apply to the present cart; the cart then explains why.

    Raises:
        PromotionCodeNotFound: there is no such code.
        TooManyCodes: the cart has MAX_CART_CODES codes.
    """
    row = PromotionCode.objects.filter(code=normalised(code)).first()
    if row is None:
        raise PromotionCodeNotFound(code=normalised(code))
    with transaction.atomic():
        entered = set(_codes_of(owner).values_list("code_id", flat=True))
        if row.pk in entered:
            return
        if len(entered) >= MAX_CART_CODES:
            raise TooManyCodes(max_codes=MAX_CART_CODES)
        new = CartCode(**owner.columns(), code=row, added_at=now)
        CartCode.objects.bulk_create([new], ignore_conflicts=True)


def withdraw_code(owner: Owner, code: str) -> None:
    """Remove a code from the owner's cart.

    Raises:
        PromotionCodeNotFound: the cart doesn't have it.
    """
    deleted, _ = _codes_of(owner).filter(code__code=normalised(code)).delete()
    if not deleted:
        raise PromotionCodeNotFound(code=normalised(code))


def move_codes(guest: Owner, *, into: Owner) -> None:
    """Move a guest's codes to the account's cart, as many as it can hold, in the caller's transaction."""
    own = set(_codes_of(into).values_list("code_id", flat=True))
    for row in _codes_of(guest).exclude(code__in=own)[: MAX_CART_CODES - len(own)]:
        CartCode.objects.bulk_create(
            [CartCode(**into.columns(), code_id=row.code_id, added_at=row.added_at)], ignore_conflicts=True
        )
    _codes_of(guest).delete()


def forget_codes_of_guests(*, before: datetime) -> None:
    """Delete the codes that guests entered earlier than `before`."""
    CartCode.objects.filter(user=None, added_at__lt=before).delete()


def _codes_of(owner: Owner) -> QuerySet[CartCode]:
    return CartCode.objects.filter(**owner.columns())


def add_codes(
    promotion_id: int, *, codes: Sequence[str], max_uses: int | None, batch: str, by: Actor, now: datetime
) -> list[PromotionCode]:
    """Add codes with these texts to a promotion, and return them.

    Raises:
        PromotionNotFound: there is no such promotion.
        PromotionCodeExists: some of them exist; none is added.
        InvalidInput: the promotion needs no code, a code is listed twice or isn't one, or there are too many.
    """
    texts = [normalised(code) for code in codes]
    _require_texts(texts)
    try:
        with transaction.atomic():
            promotion = _with_codes(promotion_id)
            rows = _stored(promotion, texts=texts, max_uses=max_uses, batch=batch, now=now)
            _record(promotion, rows=rows, max_uses=max_uses, batch=batch, by=by)
    except IntegrityError as error:
        existing = PromotionCode.objects.filter(code__in=texts).values_list("code", flat=True)
        raise PromotionCodeExists(codes=sorted(existing)) from error
    return rows


def add_random_codes(
    promotion_id: int,
    *,
    count: int,
    prefix: str = "",
    max_uses: int | None,
    batch: str,
    by: Actor,
    now: datetime,
) -> list[PromotionCode]:
    """Add `count` random codes to a promotion, and return them.

    A code has RANDOM_LENGTH characters after the prefix, 59 bits, so that none can be guessed.

    Raises:
        PromotionNotFound: there is no such promotion.
        InvalidInput: the promotion needs no code, or the prefix has characters that no code has.
    """
    if prefix:
        _require_texts([normalised(prefix)], name="prefix", max_length=CODE_LENGTH - RANDOM_LENGTH)
    with transaction.atomic():
        promotion = _with_codes(promotion_id)
        rows = _stored(
            promotion,
            texts=_new_texts(count, prefix=normalised(prefix)),
            max_uses=max_uses,
            batch=batch,
            now=now,
        )
        _record(promotion, rows=rows, max_uses=max_uses, batch=batch, by=by)
    return rows


def _require_texts(texts: Sequence[str], *, name: str = "codes", max_length: int = CODE_LENGTH) -> None:
    wrong = [text for text in texts if len(text) > max_length or CODE.fullmatch(text) is None]
    if wrong:
        message = f"{wrong[0][:max_length]!r}: at most {max_length} letters, digits, - and _ are possible."
        raise InvalidInput(**{name: message})
    if len(set(texts)) < len(texts):
        raise InvalidInput(**{name: "A code is listed twice."})
    if len(texts) > MAX_BATCH:
        raise InvalidInput(**{name: f"At most {MAX_BATCH} codes can be added at once."})


def _with_codes(promotion_id: int) -> Promotion:
    """Return the promotion, locked, so that it isn't deleted and goes on needing codes."""
    promotion = promotion_for(promotion_id, is_locked=True)
    if not promotion.code_required:
        raise InvalidInput(promotion_id="The promotion applies without a code: `code_required` is false.")
    return promotion


def _new_texts(count: int, *, prefix: str) -> list[str]:
    texts: set[str] = set()
    while len(texts) < count:
        texts.add(prefix + "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH)))
    return sorted(texts)


def _stored(
    promotion: Promotion, *, texts: Sequence[str], max_uses: int | None, batch: str, now: datetime
) -> list[PromotionCode]:
    return PromotionCode.objects.bulk_create(
        (
            PromotionCode(
                promotion=promotion, code=text, max_uses=max_uses, uses=0, batch=batch, created_at=now
            )
            for text in texts
        ),
        batch_size=1_000,
    )


def _record(
    promotion: Promotion, *, rows: Sequence[PromotionCode], max_uses: int | None, batch: str, by: Actor
) -> None:
    changes = {"codes": (0, len(rows)), "max_uses": (None, max_uses), "batch": (None, batch)}
    record("promotions.codes_added", by=by, subject=promotion, changes=changes)
