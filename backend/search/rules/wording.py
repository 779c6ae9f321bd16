"""The words of rules in the language of the shop."""

from functools import cache

from indexing.analysis import Analysis, analysis_for
from indexing.rules.words import Phrase, phrase
from indexing.settings import SearchSettings


@cache
def shop_analysis() -> Analysis:
    """Return the analysis of texts in the shop's language."""
    return analysis_for(SearchSettings.from_env().language)


def words_of(text: str) -> Phrase:
    """Return the words of `text` as rules compare them."""
    return phrase(text, shop_analysis())
