"""The results of comparing the order ledger with the warehouse."""

from django.conf import settings
from django.db import models


class ReconciliationState(models.TextChoices):
    """The result of a comparison."""

    AGREES = "AGREES", "nothing differs"
    DIFFERS = "DIFFERS", "movements differ"
    FAILED = "FAILED", "not compared"


class Reconciliation(models.Model):
    """A comparison of the order ledger with the warehouse's order facts.

    `movements` and `days` were compared. `pending` movements were not conclusive, because the warehouse's
    subscriber had not handled their orders yet. `problems` has the number of movements by problem, `totals`
    the totals of both sides that differ, by day, kind and currency. `reason` says why a comparison failed.
    """

    state = models.CharField(max_length=7, choices=ReconciliationState.choices)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(db_index=True)
    movements = models.PositiveBigIntegerField(default=0)
    days = models.PositiveIntegerField(default=0)
    differing = models.PositiveBigIntegerField(default=0)
    pending = models.PositiveBigIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    problems = models.JSONField(default=dict, blank=True)
    totals = models.JSONField(default=list, blank=True)
    orders_are_complete = models.BooleanField(default=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=ReconciliationState.values), name="reconciliation_state_is_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.finished_at:%Y-%m-%d %H:%M}: {self.get_state_display()}"


class DifferingOrder(models.Model):
    """An order that differed, with the movements that did.

    `order_id` is None for movements without an order. It is no foreign key, because the ledger may lack the
    order; `order_number` is empty then. Each of `movements` has `movement`, `problems`, and `ledger` and
    `warehouse` with the values of both sides.
    """

    reconciliation = models.ForeignKey(Reconciliation, on_delete=models.CASCADE, related_name="orders")
    order_id = models.BigIntegerField(null=True)
    order_number = models.CharField(max_length=20, blank=True)
    problems = models.JSONField(default=list)
    movements = models.JSONField(default=list)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.order_number or f"order {self.order_id}"


class LedgerNotice(models.Model):
    """A member of staff is told what a comparison found: at most once a day for the same differences.

    `day` is that of the shop's time zone. `finding` is the SHA-256 of what differs, and `content` what the
    message shows. The notice is kept longer than the comparison, so `reconciliation_id` is no foreign key.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="ledger_notices"
    )
    reconciliation_id = models.BigIntegerField()
    day = models.DateField()
    finding = models.CharField(max_length=64)
    content = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "day", "finding"], name="user_is_told_a_finding_once_a_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day}, to {self.user}"
