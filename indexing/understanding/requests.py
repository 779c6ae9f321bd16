"""Apply what was understood of a query to its request."""

from dataclasses import replace

from indexing.filters import Filters
from indexing.lexicon.lexicon import Lexicon
from indexing.lexicon.remembering import PerLexicon
from indexing.request import SearchRequest
from indexing.schema import IndexSchema
from indexing.understanding.names import named_values
from indexing.understanding.reading import read
from indexing.understanding.values import Reading, Understood
from indexing.understanding.wording import wording_for

REMEMBERED = 1_024
"""Readings with one lexicon: most shoppers search for the same words as others."""

_readings: PerLexicon[tuple[str, int, str, bool], Reading] = PerLexicon(REMEMBERED)


def understand(
    request: SearchRequest, *, schema: IndexSchema, evidence: Lexicon
) -> tuple[SearchRequest, Reading]:
    """Return the request for the words that are left to search for, and the reading of its text.

    Prices become filters, unless the request has filters on prices. A currency that they name applies if
    products have it.
    """
    if request.literal or not request.text.strip():
        return request, Reading(request.text)
    key = request.text, schema.version, schema.language, _has_price(request.filters)
    reading = _readings.get(evidence, key)
    if reading is None:
        reading = _reading(request, schema, evidence)
        _readings.keep(evidence, key, reading)
    understood = reading.understood
    filters = _with_prices(request.filters, understood)
    currency = understood.currency or request.currency
    return replace(request, text=reading.text, filters=filters, currency=currency), reading


def _reading(request: SearchRequest, schema: IndexSchema, evidence: Lexicon) -> Reading:
    wording = wording_for(schema.language)
    reading = read(request.text, wording=wording, evidence=evidence, forms=schema.forms)
    understood = reading.understood
    if _has_price(request.filters):
        understood = replace(understood, min_price=None, max_price=None, currency=None)
    stems = [token.stem for token in schema.query_tokens(reading.text)]
    return replace(reading, understood=replace(understood, named=named_values(stems, evidence=evidence)))


def _has_price(filters: Filters) -> bool:
    return filters.min_price is not None or filters.max_price is not None


def _with_prices(filters: Filters, understood: Understood) -> Filters:
    if understood.min_price is None and understood.max_price is None:
        return filters
    return filters.replaced(min_price=understood.min_price, max_price=understood.max_price)
