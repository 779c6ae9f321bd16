"""The conditions of a plan: phrases that hits have, and what is excluded."""

from collections.abc import Callable
from dataclasses import replace

from indexing.planning.plan import Excluded, Plan, Term
from indexing.schema import IndexSchema
from indexing.understanding.values import Understood
from indexing.understanding.wording import Wording, wording_for


def with_conditions(
    planned: Plan, understood: Understood, *, plan_excluded: Callable[[str], Plan], schema: IndexSchema
) -> Plan:
    """Return `planned` with the phrases and exclusions of `understood`.

    `plan_excluded` plans what is excluded, so that other ways to write it are excluded too.
    """
    if not (understood.phrases or understood.excluded):
        return planned
    wording = wording_for(schema.language)
    excluded = (
        Excluded(plan_excluded(each).needs, unless=_lacking(schema.forms(each), wording))
        for each in understood.excluded
    )
    phrases = filter(None, map(schema.forms, understood.phrases))
    return replace(planned, phrases=tuple(phrases), excluded=tuple(each for each in excluded if each.needs))


def _lacking(words: Term, wording: Wording) -> tuple[Term, ...]:
    """Return how a title says that a product lacks something: "without lid", "no lid", "lid free"."""
    before = [each for each in wording.without if len(each) == 1] + [(each,) for each in sorted(wording.no)]
    after = [(each,) for each in sorted(wording.free)]
    return (*((*each, *words) for each in before), *((*words, *each) for each in after))
