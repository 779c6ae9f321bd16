"""docs/audit.md lists every action, and every change carries its values."""

import ast
from pathlib import Path

import pytest
from django.conf import settings

from backend.audit_log.errors import UnresolvedAction
from backend.audit_log.recorded_actions import ModuleActions, RecordedAction, recorded_actions
from backend.audit_log.reference import audit_reference, merged

CHANGES = {
    *("changed", "updated", "renamed", "moved", "ordered", "set"),
    *("deleted", "removed", "activated", "deactivated"),
}
WITHOUT_VALUES = {"accounts.password_changed": "a password must not be in the log"}
SOURCE = '''
from backend.audit.services import record

def move(it):
    """Move it; or not."""
    _store(it, action="x.moved" if it else "x.kept")

def _store(it, *, action):
    changes = {"place": (1, 2)}
    record(action, by=BY, subject=it, changes=changes, personal={name: it for name in ("a", "b")})

def drop(it):
    record("x.dropped", by=BY, subject=it, changes=differences(it, {}))
'''


def test_the_page_lists_every_action_of_the_source() -> None:
    path = Path(settings.BASE_DIR) / "docs" / "audit.md"
    assert path.read_text() == audit_reference(), "run: python manage.py document_audit"


def test_every_action_that_changes_or_deletes_something_carries_its_values() -> None:
    actions = merged(recorded_actions())
    assert len(actions) > 60
    without = {
        one.action
        for one in actions
        if one.action.replace(".", "_").rpartition("_")[2] in CHANGES and not (one.changes or one.personal)
    }
    assert without == WITHOUT_VALUES.keys()


def actions_in(source: str) -> list[RecordedAction]:
    return merged(ModuleActions("backend.audit.services", ast.parse(source)).actions())


def test_an_action_and_its_fields_are_found_wherever_the_source_has_them() -> None:
    assert actions_in(SOURCE) == [
        RecordedAction("x.dropped", "", ("…",), ()),
        RecordedAction("x.kept", "Move it", ("place",), ("a", "b")),
        RecordedAction("x.moved", "Move it", ("place",), ("a", "b")),
    ]
    with pytest.raises(UnresolvedAction, match="made_up"):
        actions_in(SOURCE.replace('"x.dropped"', "made_up()"))
