"""The invariants of stock and reservations at every commit, computed without the code under test."""

from collections import Counter, defaultdict

from backend.catalog.models import Variant
from backend.inventory.models import InventoryTransaction, Reservation, ReservationShortage


def check_stock_and_reservations() -> None:
    """Compare the counters of all variants, and the history of shortages, with the rows that determine them."""
    ledger: Counter[int] = Counter()
    for variant_id, effect in InventoryTransaction.objects.values_list("variant_id", "effect"):
        ledger[variant_id] += effect
    held: Counter[int] = Counter()
    short: Counter[int] = Counter()
    steps: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in ReservationShortage.objects.order_by("pk"):
        steps[row.reservation_id].append((row.previous_short, row.short))
    for one in Reservation.objects.all():
        is_live = one.state in ("HELD", "COMMITTED")
        live = one.quantity - one.fulfilled - one.released if is_live else 0
        assert 0 <= one.short <= live
        held[one.variant_id] += live - one.short
        short[one.variant_id] += one.short
        known = steps[one.pk]
        assert [before for before, _ in known] + [one.short] == [0, *(after for _, after in known)]
    for variant in Variant.objects.all():
        assert variant.stock == ledger[variant.pk], "stock is the sum of the ledger"
        assert variant.reserved == held[variant.pk], "reserved is the sum of the units that are held"
        assert 0 <= variant.reserved <= variant.stock
        if short[variant.pk]:
            assert variant.stock == variant.reserved, "nothing is available while a reservation is short"
