"""The work that a long query may cause."""

from collections.abc import Mapping, Sequence

import pytest

from indexing.analysis import analysis_for
from indexing.lexicon.building import LexiconSource, build
from indexing.lexicon.lexicon import Lexicon
from indexing.lexicon.values import Neighbour
from indexing.planning.budget import MAX_CODES, MAX_NEEDS, MAX_RESPELT
from indexing.planning.codes import MAX_RUNS, CountCodes
from indexing.planning.plan import AlternativeKind, Plan
from indexing.planning.planner import Knowledge, plan
from indexing.ranking import DEFAULT_RANKING

ANALYSIS = analysis_for("english")
KNOWN = "alpine brass canvas copper cotton leather linen marble oak walnut"
"""From the rarest to the most frequent."""


class CountingLexicon(Lexicon):
    """Counts how often neighbours are looked up."""

    looked_up = 0

    def near(self, form: str, edits: int) -> list[Neighbour]:
        self.looked_up += 1
        return super().near(form, edits)


def lexicon() -> CountingLexicon:
    words = [(word, 100 * place) for place, word in enumerate(KNOWN.split(), start=1)]
    return CountingLexicon(build(LexiconSource(products=50_000, words=words, stem=ANALYSIS.term)))


def none(forms: Sequence[str]) -> Mapping[str, int]:
    return dict.fromkeys(forms, 0)


def plan_of(text: str, *, known: Lexicon | None = None, count_codes: CountCodes | None = None) -> Plan:
    knowledge = Knowledge(stem=ANALYSIS.term, count=none, lexicon=known or lexicon(), count_codes=count_codes)
    return plan(text, ANALYSIS.query_tokens(text), knowledge, ranking=DEFAULT_RANKING)


def words(planned: Plan) -> list[str]:
    return [need.alternatives[0].term[0] for need in planned.needs]


def test_the_rarest_known_words_of_a_long_query_decide_and_the_others_only_rank() -> None:
    shuffled = "walnut linen zzyzx alpine oak copper marble qwxyz cotton brass leather canvas"

    planned = plan_of(shuffled)

    rarest = KNOWN.split()[:MAX_NEEDS]
    assert words(planned) == [each for each in shuffled.split() if each in rarest]
    assert {need.alternatives[0].term[0] for need in planned.optional} == {*shuffled.split()} - {*rarest}
    assert max(required for _, required in planned.levels()) == MAX_NEEDS


def test_every_word_of_a_short_query_decides() -> None:
    text = " ".join(KNOWN.split()[:MAX_NEEDS])

    planned = plan_of(text)

    assert (words(planned), planned.optional) == (text.split(), ())


def test_a_code_decides_in_a_long_query() -> None:
    planned = plan_of(f"{KNOWN} wh1000xm4", count_codes=none)

    assert "wh1000xm4" in words(planned)


@pytest.mark.parametrize("count", [1, 16])
def test_neighbours_of_few_words_are_looked_up(count: int) -> None:
    known = lexicon()
    text = ", ".join(f"zorg{chr(97 + place)}x" for place in range(count))

    plan_of(text, known=known)

    assert 0 < known.looked_up <= 2 * MAX_RESPELT


def test_few_runs_and_beginnings_of_numbers_are_compared_with_codes() -> None:
    asked: list[str] = []

    def count(codes: Sequence[str]) -> Mapping[str, int]:
        asked.extend(codes)
        return none(codes)

    planned = plan_of(" ".join(f"ab{place}c 12{place}" for place in range(10)), count_codes=count)

    begun = [
        each
        for need in (*planned.needs, *planned.optional)
        for each in need.alternatives
        if each.kind is AlternativeKind.CODE_PREFIX
    ]
    assert 0 < len(asked) <= MAX_RUNS
    assert 0 < len(begun) <= MAX_CODES
