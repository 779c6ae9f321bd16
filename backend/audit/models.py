"""Audit log entries, the blocks that seal them, and the keys of personal values."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from backend.api.transactions import CurrentTransaction


class AuditEntry(models.Model):
    """A write: who did what to which object, and how its fields changed. Append-only.

    `user_id` is not a foreign key, because an entry outlives its user's account. `object_type` is a model's
    label, or a name for an object without a model. `changes` is {field: [old, new]}. `personal` is the same
    with masked hashes instead of values, under the key of the user `owner_id` (`personal_values.py`). Entries
    are sealed in the order (xid, id), which is the order of commits (`sealing.py`).
    """

    xid = models.BigIntegerField(db_default=CurrentTransaction())
    recorded_at = models.DateTimeField(db_default=Now())
    user_id = models.BigIntegerField(null=True)
    system_name = models.CharField(max_length=64, blank=True)
    action = models.CharField(max_length=64)
    object_type = models.CharField(max_length=64)
    object_id = models.CharField(max_length=200)
    changes = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    owner_id = models.BigIntegerField(null=True)
    personal = models.JSONField(null=True)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["object_type", "object_id", "id"], name="audit_of_an_object"),
            models.Index(fields=["user_id", "id"], name="audit_of_a_user"),
            models.Index(
                fields=["system_name", "id"], name="audit_of_a_system", condition=~Q(system_name="")
            ),
            models.Index(fields=["owner_id"], name="audit_of_an_owner", condition=Q(owner_id__isnull=False)),
            models.Index(fields=["recorded_at"], name="audit_by_time"),
            models.Index(fields=["xid", "id"], name="audit_in_commit_order"),
            # PostgreSQL needs this operator class for prefixes.
            models.Index(
                fields=["action", "id"], name="audit_by_action", opclasses=["varchar_pattern_ops", "int8_ops"]
            ),
            models.Index(fields=["request_id"], name="audit_of_a_request", condition=~Q(request_id="")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(user_id__isnull=True) ^ Q(system_name=""), name="audit_entry_has_one_actor"
            )
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_id}"


class Block(models.Model):
    """Sealed entries: the id and hash of each, in commit order, and a hash that covers the previous block's.

    Append-only. All entries up to the position (`last_xid`, `last_id`) are sealed; `first_possible_id` is
    where the ids of this database server's entries begin, and `highest_id` the highest that was ever sealed.
    `newest_at` is the time of the newest entry that this block or an earlier one seals.
    """

    number = models.BigIntegerField(primary_key=True)
    previous_hash = models.CharField(max_length=64)
    previous_newest_at = models.DateTimeField(null=True)
    first_possible_id = models.BigIntegerField()
    last_xid = models.BigIntegerField()
    last_id = models.BigIntegerField()
    highest_id = models.BigIntegerField()
    entries = models.PositiveIntegerField()
    newest_at = models.DateTimeField()
    sealed_at = models.DateTimeField()
    digests = models.BinaryField()
    hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


class RetentionHorizon(models.Model):
    """How far old entries may be deleted: a single row that only moves forward.

    The triggers allow the deletion of entries that were recorded before `recorded_before` and that the blocks
    up to `block` seal; `block_hash` is where the chain of the remaining blocks begins.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    recorded_before = models.DateTimeField()
    block = models.BigIntegerField()
    block_hash = models.CharField(max_length=64)
    highest_id = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="audit_has_one_horizon")]

    def __str__(self) -> str:
        return f"entries up to block {self.block}, before {self.recorded_before}"


class PersonalKey(models.Model):
    """The key under which the personal values of a user are hashed. Deleting it makes them unreadable."""

    user_id = models.BigIntegerField(primary_key=True)
    key = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"key of user {self.user_id}"
