"""The parameters of ranking that can be switched off to measure what they contribute."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class RankingOptions:
    """How one search ranks.

    Shops use the defaults, or AS_TYPED if a shopper asks for it; `make bench-relevance` compares them with
    others.
    """

    phrase_boost: float = 1.0
    """For two adjacent query words that are adjacent in a title: "wine rack" before "rack for wine"."""
    exact_form_boost: float = 1.0
    """For the exact form, outside the description: "glasses" and "glass" have the same stem."""
    relax_below: int = 50
    """If fewer products hold every word, those with most of the words, then with any, follow them."""
    satisfied_need_score: float = 15.0
    """For each satisfied need if not all are required: more than the score of a rare word in a title."""
    corrects_spelling: bool = True
    """Whether words that no product contains are corrected."""
    joins_and_splits_words: bool = True
    """Whether "mac book" also finds "macbook", and vice versa."""
    finds_codes: bool = True
    """Whether SKUs, barcodes and model numbers are also found without separators, and by their parts."""
    weighs_popularity_and_stock: bool = True
    """Whether text scores are multiplied by the product's factor for popularity and stock."""

    meaning_weight: float = 0.8
    """Of the similarity in meaning, if the shop has an encoder; 0 ranks by words only."""
    meaning_feedback: float = 0.3
    """The share of the best products in the query's meaning (see `indexing.vectors.comparing`)."""
    fills_by_meaning: bool = True
    """Whether products of similar meaning are added if fewer than `relax_below` products match."""


DEFAULT_RANKING = RankingOptions()
AS_TYPED = RankingOptions(corrects_spelling=False, joins_and_splits_words=False)
"""For a shopper who rejects a correction."""
