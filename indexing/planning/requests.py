"""The plan of a search request to a generation."""

from indexing.fields import CODES
from indexing.lexicon.lexicon import Lexicon
from indexing.planning.beginnings import plan_while_typing
from indexing.planning.codes import CountCodes
from indexing.planning.conditions import with_conditions
from indexing.planning.plan import Plan
from indexing.planning.planner import Count, Knowledge, plan
from indexing.planning.remembering import remembered
from indexing.request import SearchRequest
from indexing.schema import IndexSchema
from indexing.understanding.values import Understood

LINKS = {"german": ("s", "es", "n", "en", "er", "e"), "dutch": ("s", "en", "e"), "swedish": ("s",)}
"""Letters that languages insert between the parts of a compound."""


def plan_of(
    request: SearchRequest,
    understood: Understood,
    *,
    schema: IndexSchema,
    lexicon: Lexicon,
    count: Count,
    count_codes: CountCodes,
) -> Plan:
    """Return the plan of a request to a generation of `schema`; without words it has no needs.

    `understood` is what was understood of the query besides the words of `request`.
    """

    def make(count: Count, count_codes: CountCodes) -> Plan:
        return _made(
            request, understood, schema=schema, lexicon=lexicon, count=count, count_codes=count_codes
        )

    return remembered(request, understood, lexicon=lexicon, counts=(count, count_codes), make=make)


def _made(
    request: SearchRequest,
    understood: Understood,
    *,
    schema: IndexSchema,
    lexicon: Lexicon,
    count: Count,
    count_codes: CountCodes,
) -> Plan:
    knowledge = Knowledge(
        stem=schema.analysis.term,
        count=count,
        lexicon=lexicon,
        synonyms=request.synonyms,
        count_codes=count_codes if schema.has(CODES) and request.ranking.finds_codes else None,
        links=LINKS.get(schema.language, ()),
    )
    planned = plan_while_typing if request.is_typed else plan
    searched = planned(request.text, schema.query_tokens(request.text), knowledge, ranking=request.ranking)

    def plan_excluded(text: str) -> Plan:
        return plan(text, schema.query_tokens(text), knowledge, ranking=request.ranking)

    return with_conditions(searched, understood, plan_excluded=plan_excluded, schema=schema)
