"""Plan a search while it is typed: the last word may be the beginning of one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from indexing.analysis import Token, TokenKind
from indexing.planning.plan import Alternative, AlternativeKind, Need, Plan
from indexing.planning.planner import Knowledge, plan
from indexing.ranking import RankingOptions

MAX_COMPLETIONS = 8
"""Words that a beginning may stand for, the most frequent ones."""
COMPLETION_WEIGHT = 0.9
"""Products with the word as it was typed rank before products that only have a longer one."""


def plan_while_typing(
    text: str, tokens: Sequence[Token], knowledge: Knowledge, *, ranking: RankingOptions
) -> Plan:
    """Return how to search for `tokens`, of which the last may be the beginning of a word.

    A last word that no word of the shop begins with is planned, and corrected, like the others.
    """
    last = tokens[-1] if tokens else None
    if last is None or last.kind is not TokenKind.WORD or last.end != len(text):
        return plan(text, tokens, knowledge, ranking=ranking)
    completions = tuple(_completions(last.form, knowledge))
    if not completions:
        return plan(text, tokens, knowledge, ranking=ranking)
    before = plan(text[: last.start], tokens[:-1], knowledge, ranking=ranking)
    corrected = before.corrected_text and f"{before.corrected_text} {text[last.start :]}"
    need = Need((len(tokens) - 1,), completions)
    return replace(
        before,
        needs=(*before.needs, need),
        corrected_text=corrected,
        only_codes=False,
        beginning=last.form,
    )


def _completions(form: str, knowledge: Knowledge) -> Iterator[Alternative]:
    """Yield the words that begin with `form`, itself first, one for each stem."""
    stems = set()
    if knowledge.lexicon.frequency(form):
        stems.add(knowledge.stem(form))
        yield Alternative((form,))
    for each in knowledge.lexicon.with_prefix(form, MAX_COMPLETIONS):
        stem = knowledge.stem(each.word)
        if stem not in stems:
            stems.add(stem)
            yield Alternative((each.word,), COMPLETION_WEIGHT, AlternativeKind.PREFIX)
