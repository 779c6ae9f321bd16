"""Plans of searches while they are typed."""

import pytest

from indexing.analysis import analysis_for
from indexing.lexicon.building import LexiconSource, build
from indexing.lexicon.lexicon import Lexicon
from indexing.planning.beginnings import plan_while_typing
from indexing.planning.plan import AlternativeKind, Plan
from indexing.planning.planner import Knowledge
from indexing.ranking import DEFAULT_RANKING

ANALYSIS = analysis_for("english")
WORDS = {"samsung": 90, "samsonite": 30, "lamp": 80, "lamps": 20, "lampshade": 5, "brass": 40, "galaxy": 50}


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    source = LexiconSource(products=200, words=sorted(WORDS.items()), stem=ANALYSIS.term)
    return Knowledge(
        stem=ANALYSIS.term, count=lambda forms: dict.fromkeys(forms, 0), lexicon=Lexicon(build(source))
    )


def planned(text: str, knowledge: Knowledge) -> Plan:
    return plan_while_typing(text, ANALYSIS.query_tokens(text), knowledge, ranking=DEFAULT_RANKING)


def terms(plan: Plan) -> list[list[str]]:
    return [[" ".join(each.term) for each in need.alternatives] for need in plan.needs]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("samsu", [["samsung"]]),
        ("sams", [["samsung", "samsonite"]]),
        ("lamp", [["lamp", "lampshade"]]),
        ("brass la", [["brass"], ["lamp", "lampshade"]]),
        ("samsung galaxy", [["samsung"], ["galaxy"]]),
    ],
)
def test_the_last_word_may_be_a_beginning(text: str, expected: list[list[str]], knowledge: Knowledge) -> None:
    plan = planned(text, knowledge)

    assert terms(plan) == expected
    assert plan.corrected_text is None


def test_a_completed_word_is_a_prefix_and_the_typed_one_literal(knowledge: Knowledge) -> None:
    (need,) = planned("lamp", knowledge).needs

    assert [each.kind for each in need.alternatives] == [AlternativeKind.LITERAL, AlternativeKind.PREFIX]
    assert need.alternatives[0].weight > need.alternatives[1].weight


def test_other_words_are_corrected(knowledge: Knowledge) -> None:
    plan = planned("smsung gal", knowledge)

    assert terms(plan)[1] == ["galaxy"]
    assert plan.corrected_text == "samsung gal"


def test_a_beginning_of_no_word_is_corrected_as_a_word(knowledge: Knowledge) -> None:
    assert planned("galxy", knowledge).corrected_text == "galaxy"


@pytest.mark.parametrize("text", ["", "?", "galaxy?"])
def test_without_a_last_word_the_plan_is_the_ordinary_one(text: str, knowledge: Knowledge) -> None:
    assert terms(planned(text, knowledge)) == ([["galaxy"]] if "galaxy" in text else [])
