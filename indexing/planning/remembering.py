"""Remember the plans of searches, which most shoppers make for the same words as others."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from indexing.lexicon.lexicon import Lexicon
from indexing.lexicon.remembering import PerLexicon
from indexing.planning.plan import Plan
from indexing.ranking import RankingOptions
from indexing.request import SearchRequest
from indexing.rules.synonyms import Synonyms
from indexing.understanding.values import Understood

REMEMBERED = 1_024
"""Plans of one lexicon."""

CountEach = Callable[[Sequence[str]], Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class _Query:
    """What a plan follows from, together with a lexicon and synonyms."""

    text: str
    is_typed: bool
    ranking: RankingOptions
    understood: Understood


_plans: PerLexicon[_Query, tuple[Synonyms, Plan]] = PerLexicon(REMEMBERED)


def remembered(
    request: SearchRequest,
    understood: Understood,
    *,
    lexicon: Lexicon,
    counts: Sequence[CountEach],
    make: Callable[..., Plan],
) -> Plan:
    """Return the plan that `make` returns if it is called with `counts`, or that it has returned before.

    A plan for which the engine counted something isn't remembered, because products change. A generation
    without a lexicon has no plans to remember, and another lexicon has its own.
    """
    if not lexicon.products:
        return make(*counts)
    query = _Query(request.text, request.is_typed, request.ranking, understood)
    synonyms, plan = _plans.get(lexicon, query) or (None, None)
    if plan is not None and synonyms is request.synonyms:
        return plan
    counted: list[str] = []

    def noting(count: CountEach) -> CountEach:
        def noted(words: Sequence[str]) -> Mapping[str, int]:
            counted.extend(words)
            return count(words)

        return noted

    plan = make(*map(noting, counts))
    if not counted:
        _plans.keep(lexicon, query, (request.synonyms, plan))
    return plan
