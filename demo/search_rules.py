"""The synonyms and the query rule of the generated shop."""

from datetime import datetime

from backend.audit.actors import Actor
from backend.search.rules.services import create_query_rule
from backend.search.rules.synonym_services import create_synonym_set

SYNONYMS = (
    {"phrases": ["perfume", "eau de parfum", "cologne"], "source": "", "status": "active"},
    {"phrases": ["earphones", "headphones"], "source": "earbuds", "status": "active"},
)
RULE = {
    "name": "Best sellers first among mugs and cups",
    "is_enabled": True,
    "priority": 100,
    "match": "contains",
    "phrases": ["mug", "mugs", "cup", "cups"],
    "context": {},
    "starts_at": None,
    "ends_at": None,
    "actions": [{"type": "boost", "filters": {"best_seller_product": True}, "factor": 2.0}],
}


def store_search_rules(*, by: Actor, now: datetime) -> None:
    """Create the synonyms and the rule, in the caller's transaction."""
    for values in SYNONYMS:
        create_synonym_set(values, by=by, now=now)
    create_query_rule(RULE, by=by, now=now)
