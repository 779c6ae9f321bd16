"""Propose synonyms from what shoppers chose; staff accept or reject them."""

from datetime import datetime

from analytics_pipeline.query_pairs import QueryPair, query_pairs
from analytics_pipeline.warehouse import Warehouse
from backend.audit.actors import Actor
from backend.search.models import SynonymSet
from backend.search.rules.selectors import all_synonym_sets, synonyms_of
from backend.search.rules.synonym_services import create_synonym_set
from backend.search.rules.wording import shop_analysis, words_of
from indexing.rules.proposals import ProposedSynonyms, proposed

DAYS = 90
MOST = 50
"""New proposals of one run, which staff can still read."""


def propose_synonyms(
    warehouse: Warehouse, *, by: Actor, now: datetime, days: int = DAYS, most: int = MOST
) -> list[SynonymSet]:
    """Store new proposals and return them; none of them has an effect until staff accept it.

    What a set has already, whatever its status, is not proposed again.

    Raises:
        WarehouseUnavailable, WarehouseRefused: the choices can't be read.
    """
    pairs = {pair.queries: pair for pair in query_pairs(warehouse, days=days, now=now)}
    known = [
        {words_of(each) for each in (*found.phrases, found.source)}
        for found in map(synonyms_of, all_synonym_sets())
    ]
    new = [
        each
        for each in proposed(pairs, analysis=shop_analysis())
        if not any(set(map(words_of, each.phrases)) <= phrases for phrases in known)
    ]
    return [_stored(each, pairs[each.queries], by=by, now=now) for each in new[:most]]


def _stored(each: ProposedSynonyms, pair: QueryPair, *, by: Actor, now: datetime) -> SynonymSet:
    values = {
        "phrases": list(each.phrases),
        "source": "",
        "status": SynonymSet.Status.PROPOSED.value,
        "evidence": {
            "queries": list(pair.queries),
            "shoppers": list(pair.shoppers),
            "common_products": pair.common_products,
            "lift": pair.lift,
        },
    }
    return create_synonym_set(values, by=by, now=now)
