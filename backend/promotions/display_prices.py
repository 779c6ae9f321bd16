"""Display prices: what one unit costs a guest without a code, after promotions.

The one evaluation function computes them, from the seller's price. They are stored with the variants, so that
lists, filters, sorting and the index have them; carts and orders evaluate again. docs/decisions/prices.md
explains when they are computed.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from backend.catalog.categories import with_descendants
from backend.catalog.models import Category, Product, Variant
from backend.catalog.promoted import PromotedBy
from backend.catalog.reductions import (
    ReducedPrice,
    Reductions,
    differs,
    locked_products,
    products_with_variants,
    reduced_product_ids,
    store_reductions,
)
from backend.outbox.scheduling import schedule, scheduled
from backend.outbox.services import publish_many
from backend.outbox.topics import Topic
from backend.promotions.evaluation import Evaluation
from backend.promotions.lines import line_of
from backend.promotions.models import Promotion
from backend.promotions.reading import Terms, terms_for
from backend.promotions.rules import Level

Clock = Callable[[], datetime]
ON, OFF = "on", "off"


def refresh_products(product_ids: Collection[int], *, clock: Clock) -> list[int]:
    """Compute the display prices of products and store those that differ; return the products that changed.

    Products are locked only if a price differs: orders change them, and their display prices mostly stay.
    """
    terms = terms_for(None, now=clock())
    differing = [
        product.pk
        for product in products_with_variants(product_ids)
        if differs(product, reductions=_reductions([product], terms=terms))
    ]
    if not differing:
        return []
    with transaction.atomic():
        products = locked_products(differing)
        # After the locks, so that the promotions are not older than those of the writer that was waited for.
        now = clock()
        reductions = _reductions(products, terms=terms_for(None, now=now))
        return store_reductions(products, reductions=reductions, now=now)


def _reductions(products: Iterable[Product], *, terms: Terms) -> Reductions:
    if not terms.rules:
        return {}
    found = {}
    for product in products:
        for variant in product.variants.all():
            variant.product = product
            if reduced := _reduced(variant, terms=terms):
                found[variant.pk] = reduced
    return found


def _reduced(variant: Variant, *, terms: Terms) -> ReducedPrice | None:
    line = line_of(variant, quantity=1)
    evaluation = terms.evaluate([line], currency=variant.product.currency)
    if not evaluation.reductions or not evaluation.discount_amount:
        return None
    price = line.unit_price - evaluation.discount_amount
    return ReducedPrice(price, _shown(evaluation))


def _shown(evaluation: Evaluation) -> PromotedBy:
    """Return the promotion to show: a flash sale before others, then the one that reduces most."""
    best = min(
        evaluation.reductions, key=lambda each: (not each.rule.is_flash_sale, -each.amount, each.rule.id)
    )
    rule = best.rule
    return PromotedBy(
        id=rule.id,
        name=rule.name,
        ends_at=None if rule.ends_at is None else rule.ends_at.isoformat().replace("+00:00", "Z"),
        is_flash_sale=rule.is_flash_sale,
        is_limited=rule.unit_cap is not None,
    )


def promotion_changed(promotion_id: int, *, now: datetime) -> int:
    """Publish the products whose display prices a promotion may have changed; return how many.

    They are those that it reduces, and all that any promotion reduces now. There are none if display prices
    were computed for its present version and state, such as after an order that didn't use up its units. Its
    next begin and end are scheduled.
    """
    row = Promotion.objects.filter(pk=promotion_id).first()
    if row is not None and row.displayed == _state(row, now=now) and _moments(row, now=now) == _due(row):
        return 0
    with transaction.atomic():
        row = Promotion.objects.select_for_update(no_key=True).filter(pk=promotion_id).first()
        schedule(Topic.PROMOTION, promotion_id, due=() if row is None else _moments(row, now=now))
        affected = set(reduced_product_ids()) if row is None else _affected(row, now=now)
        if row is not None:
            Promotion.objects.filter(pk=promotion_id).update(displayed=_state(row, now=now))
        publish_many(Topic.DISPLAY_PRICE, sorted(affected))
    return len(affected)


def _affected(row: Promotion, *, now: datetime) -> set[int]:
    state = _state(row, now=now)
    if row.displayed == state:
        return set()
    reduced = reduced_product_ids() if row.displayed.endswith(ON) else ()
    return {*reduced, *(_selected(row) if state.endswith(ON) else ())}


def _state(row: Promotion, *, now: datetime) -> str:
    """Return of what display prices depend: the version, and whether the promotion reduces prices now."""
    is_running = row.starts_at <= now and (row.ends_at is None or now < row.ends_at)
    is_used_up = any(
        cap is not None and used >= cap
        for cap, used in ((row.unit_cap, row.units_used), (row.use_cap, row.uses))
    )
    is_on = _is_displayed(row) and is_running and not is_used_up
    return f"{row.version} {ON if is_on else OFF}"


def _is_displayed(row: Promotion) -> bool:
    return row.is_active and not row.code_required and row.level != Level.SHIPPING


def _moments(row: Promotion, *, now: datetime) -> set[datetime]:
    """Return the moments after `now` at which the promotion begins or ends."""
    moments = (row.starts_at, row.ends_at) if _is_displayed(row) else ()
    return {moment for moment in moments if moment is not None and moment > now}


def _due(row: Promotion) -> set[datetime]:
    return scheduled(Topic.PROMOTION, row.pk)


def _selected(row: Promotion) -> Iterable[int]:
    """Return the ids of the products that the promotion may reduce, also of those that it excludes."""
    products, target = Product.objects.existing(), row.target
    if any(target.values()):
        condition = Q(pk__in=target.get("products", ())) | Q(seller__in=target.get("sellers", ()))
        condition |= Q(pk__in=_products_of(target.get("variants", ())))
        condition |= with_descendants(list(Category.objects.filter(pk__in=target.get("categories", ()))))
        for brand in target.get("brands", ()):
            condition |= Q(brand__iexact=brand)
        products = products.filter(condition)
    return products.order_by("pk").values_list("pk", flat=True)


def _products_of(variant_ids: Sequence[int]) -> list[int]:
    return list(Variant.objects.filter(pk__in=variant_ids).values_list("product_id", flat=True))
