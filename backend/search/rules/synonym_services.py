"""Changes to synonym sets. Every change is live in all processes within two seconds."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import IntegrityError, transaction

from backend.api.errors import InvalidInput
from backend.audit.actors import Actor
from backend.audit.services import differences, record
from backend.search.errors import SynonymSetExists
from backend.search.models import SynonymSet
from backend.search.rules.selectors import synonym_set_for
from backend.search.rules.services import announce_change, require_version
from backend.search.rules.wording import words_of

FIELDS = ("phrases", "source", "status")
MAX_PHRASES = 50


def create_synonym_set(values: Mapping[str, Any], *, by: Actor, now: datetime) -> SynonymSet:
    """Create a synonym set; `values` may have the evidence of a proposal.

    Raises:
        InvalidInput: a phrase has no word, or is there twice.
        SynonymSetExists: there is a set with these phrases.
    """
    row = SynonymSet(
        created_at=now,
        updated_at=now,
        evidence=values.get("evidence"),
        **{name: values[name] for name in FIELDS},
    )
    _save(row, before=dict.fromkeys(FIELDS), action="search.synonym_set_created", by=by)
    return row


def update_synonym_set(
    synonym_set_id: int, *, changes: Mapping[str, Any], version: int, by: Actor, now: datetime
) -> SynonymSet:
    """Change fields of a synonym set that has `version`.

    Raises:
        SynonymSetNotFound: it doesn't exist.
        EditedMeanwhile: it has another version.
        InvalidInput: a phrase has no word, or is there twice.
        SynonymSetExists: there is another set with these phrases.
    """
    with transaction.atomic():
        row = synonym_set_for(synonym_set_id, locked=True)
        require_version(row.version, expected=version)
        before = _values(row)
        for name, value in changes.items():
            setattr(row, name, value)
        if before != _values(row):
            row.version, row.updated_at = row.version + 1, now
            _save(row, before=before, action="search.synonym_set_updated", by=by)
    return row


def delete_synonym_set(synonym_set_id: int, *, by: Actor) -> None:
    """Delete a synonym set. A deleted proposal may be proposed again; a rejected one isn't.

    Raises:
        SynonymSetNotFound: it doesn't exist.
    """
    with transaction.atomic():
        row = synonym_set_for(synonym_set_id, locked=True)
        changes = differences(_values(row), dict.fromkeys(FIELDS))
        record("search.synonym_set_deleted", by=by, subject=row, changes=changes)
        row.delete()
        announce_change()


def fingerprint_of(phrases: Sequence[str], *, source: str) -> str:
    """Return what identifies a set: its words, whatever their order and however they are written."""
    words = [" ".join(words_of(source)), *sorted(" ".join(words_of(each)) for each in phrases)]
    return sha256(json.dumps(words).encode()).hexdigest()


def _save(row: SynonymSet, *, before: Mapping[str, object], action: str, by: Actor) -> None:
    if fault := _fault(row):
        raise InvalidInput(**fault)
    row.fingerprint = fingerprint_of(row.phrases, source=row.source)
    try:
        with transaction.atomic():
            row.save()
            record(action, by=by, subject=row, changes=differences(before, _values(row)))
            announce_change()
    except IntegrityError as error:
        existing = SynonymSet.objects.filter(fingerprint=row.fingerprint).values_list("pk", flat=True).first()
        raise SynonymSetExists(synonym_set_id=existing) from error


def _fault(row: SynonymSet) -> dict[str, str] | None:
    words = [words_of(each) for each in row.phrases]
    if not all(words) or not MAX_PHRASES >= len(words) >= (1 if row.source else 2):
        least = "one phrase" if row.source else "two phrases"
        return {"phrases": f"At least {least} and at most {MAX_PHRASES}, each with a word."}
    if len(set(words)) < len(words):
        return {"phrases": "A phrase is there twice."}
    if row.source and not words_of(row.source):
        return {"source": "Has no word."}
    if row.source and words_of(row.source) in words:
        return {"source": "Is one of its own synonyms."}
    return None


def _values(row: SynonymSet) -> dict[str, object]:
    return {name: getattr(row, name) for name in FIELDS}
