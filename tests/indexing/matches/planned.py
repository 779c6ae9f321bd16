"""The terms of queries in a small shop."""

from collections.abc import Mapping, Sequence

from indexing.analysis import analysis_for
from indexing.lexicon.building import LexiconSource, build
from indexing.lexicon.lexicon import Lexicon
from indexing.matches.terms import SearchedTerms
from indexing.planning.beginnings import plan_while_typing
from indexing.planning.plan import Plan
from indexing.planning.planner import Knowledge, plan
from indexing.ranking import DEFAULT_RANKING
from indexing.rules.synonyms import Synonyms, SynonymSet

WORDS = {
    "doors": 150, "garage": 60, "gauge": 200, "phone": 900, "samsung": 800, "shirt": 3_000, "shoes": 3_000, "t": 2_000,
    "tshirt": 60,
}  # fmt: skip
PAIRS = {"garage doors": 40, "t shirt": 1_700}
CODES = ("wh1000xm4",)
SYNONYMS = (SynonymSet(("sofa", "couch")), SynonymSet(("television set",), source="tv"))


def planned(query: str, *, language: str = "english", is_typed: bool = False) -> Plan:
    """Return the plan of a query."""
    analysis = analysis_for(language)
    source = LexiconSource(products=50_000, words=WORDS.items(), pairs=PAIRS.items(), stem=analysis.term)
    knowledge = Knowledge(
        stem=analysis.term,
        count=_not_counted,
        lexicon=Lexicon(build(source)),
        synonyms=Synonyms.of(SYNONYMS, analysis),
        count_codes=_codes,
    )
    make = plan_while_typing if is_typed else plan
    return make(query, analysis.query_tokens(query), knowledge, ranking=DEFAULT_RANKING)


def terms_of(query: str, *, language: str = "english", is_typed: bool = False) -> SearchedTerms:
    """Return the terms of a query."""
    made = planned(query, language=language, is_typed=is_typed)
    return SearchedTerms.of(made, analysis=analysis_for(language))


def _not_counted(forms: Sequence[str]) -> Mapping[str, int]:
    return dict.fromkeys(forms, 0)


def _codes(codes: Sequence[str]) -> Mapping[str, int]:
    return {code: int(any(each.startswith(code) for each in CODES)) for code in codes}
