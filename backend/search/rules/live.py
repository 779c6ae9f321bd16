"""The synonyms and rules that this process applies, which are read again when they have changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache

import structlog
from django.db import DatabaseError, connection

from backend.engines.shared_copy import SharedCopy
from backend.search.parameters import category_tokens
from backend.search.rules.selectors import active_synonyms, enabled_rules, rule_set_version, value_of
from backend.search.rules.wording import shop_analysis
from indexing.rules.query_rules import NO_RULES, RuleSet
from indexing.rules.synonyms import NO_SYNONYMS, Synonyms

logger = structlog.get_logger(__name__)

CHECKED_SECONDS = 1.0
"""How long a process goes on without checking whether something has changed."""
READ_SECONDS = 60.0
"""How long it goes on with what it has read: a rule may name a category that was renamed."""


@dataclass(frozen=True, slots=True)
class LiveRules:
    """Synonyms and rules, with the names of the rules."""

    rules: RuleSet = NO_RULES
    synonyms: Synonyms = NO_SYNONYMS
    names: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Read:
    live: LiveRules
    version: int
    read_at: float
    checked_at: float


class Cache(SharedCopy[_Read]):
    """The rules of this process."""

    check_seconds = CHECKED_SECONDS

    def current(self) -> LiveRules:
        """Return the rules as of a second ago or later; if the database fails, those of before.

        Raises:
            django.db.DatabaseError: the database fails, and nothing was read before.
        """
        return self._newest().live

    def _checked(self, found: _Read | None, *, now: float) -> _Read:
        try:
            version = rule_set_version()
            if found is not None and found.version == version and now - found.read_at < READ_SECONDS:
                return replace(found, checked_at=now)
            return _Read(read_rules(), version, read_at=now, checked_at=now)
        except DatabaseError as error:
            if found is None:
                raise
            logger.warning("search_rules_not_read", reason=str(error))
            connection.close_if_unusable_or_obsolete()
            return replace(found, checked_at=now)


def read_rules() -> LiveRules:
    """Return what is stored now."""
    rules = enabled_rules()
    # Many rules may name one category.
    tokens_of = cache(category_tokens)
    return LiveRules(
        rules=RuleSet.of((value_of(each, tokens_of=tokens_of) for each in rules), shop_analysis()),
        synonyms=active_synonyms(),
        names={rule.pk: rule.name for rule in rules},
    )


CACHE = Cache()
