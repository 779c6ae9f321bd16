"""Writes of query rules and synonym sets."""

from pathlib import Path

from backend.search.models import QueryRule, SynonymSet
from backend.search.rules.services import create_query_rule
from backend.search.rules.synonym_services import create_synonym_set
from tests.backend.config.admin_site.writes.write import GONE, Write, status_of, values
from tests.backend.shop import NOW, SYSTEM


def _rule(_: Path) -> QueryRule:
    described = {
        "name": "Lamps",
        "is_enabled": True,
        "priority": 100,
        "match": "contains",
        "phrases": ["lamp"],
        "context": {},
        "starts_at": None,
        "ends_at": None,
        "actions": [{"type": "remove", "words": "cheap"}],
    }
    return create_query_rule(described, by=SYSTEM, now=NOW)


def _synonyms(_: Path, status: str = "active") -> SynonymSet:
    described = {"phrases": ["sofa", "couch"], "source": "", "status": status}
    return create_synonym_set(described, by=SYSTEM, now=NOW)


def _proposed(folder: Path) -> SynonymSet:
    return _synonyms(folder, "proposed")


SEARCH = (
    Write(
        model=QueryRule,
        name="create",
        arrange=lambda _: None,
        sent=values(
            name="Lamps", is_enabled="on", priority="1", match="exact", phrases="lamp", actions="remove cheap"
        ),
        wrong=values(name="Lamps", priority="1", match="exact", phrases="lamp", actions="explode"),
        error="'explode' is not one of",
        state=lambda _: QueryRule.objects.count(),
        expected=1,
        audit="search.query_rule_created",
    ),
    Write(
        model=QueryRule,
        name="change",
        arrange=_rule,
        sent=values(phrases="light"),
        wrong=values(phrases="!"),
        error="Each phrase needs a word.",
        state=lambda rule: rule.phrases,
        expected=["light"],
        audit="search.query_rule_updated",
    ),
    Write(
        model=QueryRule,
        name="remove",
        arrange=_rule,
        error=GONE,
        state=lambda _: QueryRule.objects.count(),
        expected=0,
        audit="search.query_rule_deleted",
    ),
    Write(
        model=SynonymSet,
        name="create",
        arrange=lambda _: None,
        sent=values(phrases="sofa\ncouch", status="active"),
        wrong=values(phrases="sofa", status="active"),
        error="two",
        state=lambda _: SynonymSet.objects.count(),
        expected=1,
        audit="search.synonym_set_created",
    ),
    Write(
        model=SynonymSet,
        name="change",
        arrange=_synonyms,
        sent=values(phrases="sofa\nsettee"),
        wrong=values(phrases="sofa"),
        error="two",
        state=lambda row: row.phrases,
        expected=["sofa", "settee"],
        audit="search.synonym_set_updated",
    ),
    Write(
        model=SynonymSet,
        name="remove",
        arrange=_synonyms,
        error=GONE,
        state=lambda _: SynonymSet.objects.count(),
        expected=0,
        audit="search.synonym_set_deleted",
    ),
    Write(
        model=SynonymSet,
        name="accept",
        arrange=_proposed,
        state=status_of,
        expected="active",
        audit="search.synonym_set_updated",
    ),
    Write(
        model=SynonymSet,
        name="reject",
        arrange=_proposed,
        state=status_of,
        expected="rejected",
        audit="search.synonym_set_updated",
    ),
)
