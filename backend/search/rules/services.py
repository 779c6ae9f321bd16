"""Changes to query rules. Every change is live in all processes within two seconds."""

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from backend.audit.actors import Actor
from backend.audit.services import differences, record
from backend.search.errors import EditedMeanwhile
from backend.search.models import QueryRule
from backend.search.rules.checks import require_valid
from backend.search.rules.live import CACHE
from backend.search.rules.selectors import query_rule_for

FIELDS = (
    "name",
    "is_enabled",
    "priority",
    "match",
    "phrases",
    "context",
    "starts_at",
    "ends_at",
    "actions",
)
CHANGE = """
    INSERT INTO search_rulesetversion AS known (id, last) VALUES (1, %s)
    ON CONFLICT (id) DO UPDATE
    SET last = CASE WHEN known.last >= excluded.last THEN known.last + 1 ELSE excluded.last END
"""


def create_query_rule(values: Mapping[str, Any], *, by: Actor, now: datetime) -> QueryRule:
    """Create a rule.

    Raises:
        InvalidInput: its actions contradict each other, or a product doesn't exist.
    """
    rule = QueryRule(created_at=now, updated_at=now, **{name: values[name] for name in FIELDS})
    require_valid(rule)
    with transaction.atomic():
        rule.save(force_insert=True)
        changes = differences(dict.fromkeys(FIELDS), _values(rule))
        record("search.query_rule_created", by=by, subject=rule, changes=changes)
        announce_change()
    return rule


def update_query_rule(
    rule_id: int, *, changes: Mapping[str, Any], version: int, by: Actor, now: datetime
) -> QueryRule:
    """Change fields of a rule that has `version`.

    Raises:
        QueryRuleNotFound: it doesn't exist.
        EditedMeanwhile: it has another version.
        InvalidInput: its actions contradict each other, or a product doesn't exist.
    """
    with transaction.atomic():
        rule = query_rule_for(rule_id, locked=True)
        require_version(rule.version, expected=version)
        before = _values(rule)
        for name, value in changes.items():
            setattr(rule, name, value)
        require_valid(rule)
        if changed := differences(before, _values(rule)):
            rule.version, rule.updated_at = rule.version + 1, now
            rule.save()
            record("search.query_rule_updated", by=by, subject=rule, changes=changed)
            announce_change()
    return rule


def delete_query_rule(rule_id: int, *, by: Actor) -> None:
    """Delete a rule.

    Raises:
        QueryRuleNotFound: it doesn't exist.
    """
    with transaction.atomic():
        rule = query_rule_for(rule_id, locked=True)
        changes = differences(_values(rule), dict.fromkeys(FIELDS))
        record("search.query_rule_deleted", by=by, subject=rule, changes=changes)
        rule.delete()
        announce_change()


def require_version(current: int, *, expected: int) -> None:
    """Refuse a change of what has changed since the client read it.

    Raises:
        EditedMeanwhile: the versions differ.
    """
    if current != expected:
        raise EditedMeanwhile(version=current)


def announce_change() -> None:
    """Let every process read synonyms and rules again when this transaction is committed."""
    with connection.cursor() as cursor:
        cursor.execute(CHANGE, [time.time_ns() // 1_000])
    transaction.on_commit(CACHE.forget)


def _values(rule: QueryRule) -> dict[str, object]:
    return {name: getattr(rule, name) for name in FIELDS}
