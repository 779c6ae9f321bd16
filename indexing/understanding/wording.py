"""The words by which shoppers describe prices and exclusions, in several languages."""

from collections.abc import Mapping
from dataclasses import dataclass, field

DEFAULT_LANGUAGE = "english"

Phrases = tuple[tuple[str, ...], ...]


def _phrases(*texts: str) -> Phrases:
    """Return the words of each text, the longest texts first, which are recognised first."""
    return tuple(sorted((tuple(text.split()) for text in texts), key=len, reverse=True))


@dataclass(frozen=True, kw_only=True, slots=True)
class Wording:
    """How queries in one language describe products. Words are in lower case, without accents."""

    at_most: Phrases
    at_least: Phrases
    between: Phrases
    """Before a range, which then needs no currency."""
    to: frozenset[str]
    """Between the two amounts of a range."""
    unclear: frozenset[str] = frozenset()
    """First words of `at_most` and `at_least` that titles also use: "Air Max 90"."""
    price_nouns: Phrases = ()
    """What may precede a price: "price under 500"."""
    currencies: Mapping[str, str] = field(default_factory=dict)
    """Words for currencies, with the ISO 4217 code, or with "" if several currencies have that name."""
    without: Phrases
    no: frozenset[str] = frozenset()
    """Words that exclude the next one unless titles have both: "no bluetooth", but "no sugar"."""
    or_words: frozenset[str] = frozenset()
    """Words between two excluded words."""
    connectives: frozenset[str] = frozenset()
    """Words that end what is excluded or described: "case for a phone with lid"."""
    free: frozenset[str] = frozenset()
    """Words that, after another one, say that a product lacks it: "sugar free"."""
    qualifiers: frozenset[str] = frozenset()
    """Words that say nothing about the product unless titles tie them to the next word: "best", "new"."""


_CURRENCIES = {"usd": "USD", "eur": "EUR", "euro": "EUR", "euros": "EUR", "gbp": "GBP", "inr": "INR"}

ENGLISH = Wording(
    at_most=_phrases(
        "under",
        "below",
        "less than",
        "cheaper than",
        "lower than",
        "not more than",
        "no more than",
        "at most",
        "up to",
        "upto",
        "within",
        "max",
        "maximum",
    ),
    at_least=_phrases(
        "above",
        "over",
        "more than",
        "higher than",
        "at least",
        "not less than",
        "min",
        "minimum",
        "starting at",
        "starting from",
    ),
    between=_phrases("between", "from", "price range", "budget"),
    to=frozenset({"to", "and", "till", "until"}),
    unclear=frozenset({"within", "max", "maximum", "min", "minimum", "over", "above", "up", "upto"}),
    price_nouns=_phrases("price", "priced", "price range", "budget", "cost", "costing"),
    currencies={
        **_CURRENCIES,
        "rs": "INR",
        "rupee": "INR",
        "rupees": "INR",
        "dollar": "",
        "dollars": "",
        "bucks": "",
        "pound": "GBP",
        "pounds": "GBP",
        "quid": "GBP",
    },
    without=_phrases("without", "w/o", "except", "excluding", "but no", "but not", "with no", "with out"),
    no=frozenset({"no", "not", "non"}),
    or_words=frozenset({"or", "and", "nor"}),
    connectives=frozenset(
        "for with in on at of from to by and or but under below above over without no not that which".split()  # noqa: SIM905
    ),
    free=frozenset({"free", "less"}),
    qualifiers=frozenset(
        "best top good great nice cheap cheapest affordable inexpensive budget latest newest new trending "  # noqa: SIM905
        "popular quality high-quality branded awesome amazing perfect buy shop online sale offer offers deal "
        "deals discount discounted lowest price prices rated reviewed selling seller bestselling please "
        "recommended".split()
    ),
)
GERMAN = Wording(
    at_most=_phrases("unter", "bis", "bis zu", "hochstens", "maximal", "weniger als", "billiger als"),
    at_least=_phrases("uber", "ab", "mindestens", "mehr als", "teurer als"),
    between=_phrases("zwischen", "von"),
    to=frozenset({"bis", "und"}),
    unclear=frozenset({"maximal", "ab", "uber", "bis"}),
    price_nouns=_phrases("preis", "preis von"),
    currencies=_CURRENCIES,
    without=_phrases("ohne", "ausser"),
    no=frozenset({"kein", "keine", "keinen", "nicht"}),
    or_words=frozenset({"oder", "und"}),
    connectives=frozenset("fur mit in auf an von aus zu und oder aber unter uber ohne".split()),  # noqa: SIM905
    free=frozenset({"frei"}),
    qualifiers=frozenset(
        "beste bester bestes besten gunstig gunstige billig billige neue neuer neues neueste gute guter "  # noqa: SIM905
        "gutes kaufen online angebot angebote".split()
    ),
)
FRENCH = Wording(
    at_most=_phrases("moins de", "moins que", "jusqu a", "maximum", "max", "en dessous de", "sous"),
    at_least=_phrases("plus de", "plus que", "a partir de", "minimum", "au dessus de"),
    between=_phrases("entre", "de"),
    to=frozenset({"a", "et"}),
    unclear=frozenset({"max", "maximum", "sous", "plus"}),
    price_nouns=_phrases("prix"),
    currencies=_CURRENCIES,
    without=_phrases("sans", "sauf"),
    no=frozenset({"pas"}),
    or_words=frozenset({"ou", "et", "ni"}),
    connectives=frozenset("pour avec en dans sur de du des et ou mais sans".split()),  # noqa: SIM905
    qualifiers=frozenset(
        "meilleur meilleure meilleurs meilleures nouveau nouvelle nouveaux acheter promo promotion".split()  # noqa: SIM905
    ),
)
SPANISH = Wording(
    at_most=_phrases("menos de", "hasta", "por debajo de", "maximo", "bajo"),
    at_least=_phrases("mas de", "desde", "por encima de", "minimo", "a partir de"),
    between=_phrases("entre", "de"),
    to=frozenset({"a", "y"}),
    unclear=frozenset({"maximo", "minimo", "bajo", "mas"}),
    price_nouns=_phrases("precio"),
    currencies={**_CURRENCIES, "peso": "", "pesos": "", "dolares": ""},
    without=_phrases("sin", "excepto", "menos"),
    no=frozenset({"no"}),
    or_words=frozenset({"o", "y", "ni"}),
    connectives=frozenset("para con en de del y o pero sin por".split()),  # noqa: SIM905
    qualifiers=frozenset(
        "mejor mejores barato barata baratos baratas nuevo nueva nuevos buena bueno comprar oferta".split()  # noqa: SIM905
    ),
)

WORDINGS: Mapping[str, Wording] = {
    DEFAULT_LANGUAGE: ENGLISH,
    "german": GERMAN,
    "french": FRENCH,
    "spanish": SPANISH,
}

UNWORDED = Wording(at_most=(), at_least=(), between=(), to=frozenset(), without=())
"""Of other languages, whose queries can have quotes, a minus and signs of currencies."""


def wording_for(language: str) -> Wording:
    """Return the wording of a language."""
    return WORDINGS.get(language, UNWORDED)
