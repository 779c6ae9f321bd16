"""Plans are made once for a lexicon, synonyms and options, unless the engine counted something."""

from dataclasses import replace

from indexing.lexicon.lexicon import EMPTY, Lexicon
from indexing.planning.plan import Plan
from indexing.planning.requests import plan_of
from indexing.ranking import AS_TYPED
from indexing.request import SearchRequest
from indexing.rules.synonyms import Synonyms, SynonymSet
from indexing.schema import CURRENT
from indexing.understanding.values import NOTHING_UNDERSTOOD, Understood
from tests.indexing.planning.test_planner import PAIRS, WORDS, Engine, lexicon_of

KNOWN = SearchRequest(text="garge doors")


def planned(
    request: SearchRequest, lexicon: Lexicon, *, engine: Engine, understood: Understood = NOTHING_UNDERSTOOD
) -> Plan:
    return plan_of(
        request, understood, schema=CURRENT, lexicon=lexicon, count=engine.count, count_codes=engine.count
    )


def test_the_plan_of_known_words_is_made_once() -> None:
    lexicon, engine = lexicon_of(WORDS, PAIRS), Engine()

    first = planned(SearchRequest(text="red shoes"), lexicon, engine=engine)

    assert planned(SearchRequest(text="red shoes", page=2), lexicon, engine=engine) is first
    assert engine.asked == []


def test_other_words_options_conditions_synonyms_and_lexicons_have_other_plans() -> None:
    lexicon, engine = lexicon_of(WORDS, PAIRS), Engine()
    request = SearchRequest(text="wifi box")
    first = planned(request, lexicon, engine=engine)

    others = [
        planned(replace(request, text="wifi case"), lexicon, engine=engine),
        planned(replace(request, ranking=AS_TYPED), lexicon, engine=engine),
        planned(request, lexicon, engine=engine, understood=Understood(excluded=("red",))),
        planned(
            replace(request, synonyms=Synonyms.of([SynonymSet(("box", "case"))])),
            lexicon,
            engine=engine,
        ),
        planned(request, lexicon_of({**WORDS, "wifi": 0}), engine=engine),
        planned(request, EMPTY, engine=engine),
    ]

    assert first not in others
    assert planned(request, lexicon, engine=engine) == first


def test_a_plan_that_needs_a_count_is_made_again() -> None:
    lexicon, engine = lexicon_of(WORDS, PAIRS), Engine()
    corrected = planned(KNOWN, lexicon, engine=engine)
    assert corrected.corrected_text == "garage doors"

    engine.products["garge"] = 3_000

    assert planned(KNOWN, lexicon, engine=engine).corrected_text is None
