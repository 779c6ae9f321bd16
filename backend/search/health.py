"""The search engine's health check: whether it works, and how far the index lags."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.utils import timezone

from backend.engines.index import engine
from backend.outbox.selectors import lag
from backend.search.models import IndexComparison
from backend.search.subscribers import GenerationSubscriber
from indexing.encoder.errors import EncoderError
from indexing.encoder.settings import FOLDER
from indexing.engine import Generation
from indexing.errors import REBUILD
from indexing.schema import VERSION

if TYPE_CHECKING:
    from indexing.encoder.model import TextEncoder

CHECKSUM_SHOWN = 12


def check() -> Mapping[str, object]:
    """Return the engine, the generation that serves, its schema version and its lag.

    Raises:
        SearchError: a search would fail with the same error.
    """
    search_engine = engine()
    search_engine.ping()
    serving = search_engine.serving()
    current_lag = lag(GenerationSubscriber(search_engine, serving.name), now=timezone.now())
    return {
        "engine": search_engine.name,
        "generation": serving.name,
        "products": search_engine.count(serving.name),
        "lag_messages": current_lag.messages,
        "lag_seconds": round(current_lag.seconds, 3),
        **_schema(serving),
        **_comparison(serving),
        **_meaning(search_engine.encoder, serving),
    }


def _schema(serving: Generation) -> Mapping[str, object]:
    if serving.schema_version == VERSION:
        return {"schema_version": VERSION}
    return {
        "schema_version": serving.schema_version,
        "notice": f"serving an earlier schema version; the current one is {VERSION}",
        "remedy": REBUILD,
    }


def _comparison(serving: Generation) -> Mapping[str, object]:
    """Return how many products differed at the last comparison with the database, and its age."""
    row = IndexComparison.objects.filter(pk=serving.name).first()
    if row is None:
        return {}
    age = (timezone.now() - row.compared_at).total_seconds()
    return {"differing_products": row.differing, "comparison_age_seconds": round(age)}


def _meaning(encoder: "TextEncoder | None", serving: Generation) -> Mapping[str, object]:
    """Return whether searches rank by meaning, and if they should but don't, why."""
    if encoder is None and serving.encoder is None:
        return {}
    problem, remedy = _mismatch(encoder, serving)
    if problem is None and serving.encoder is not None:
        return {"encoder": serving.encoder.checksum[:CHECKSUM_SHOWN]}
    return {
        "encoder": None,
        "encoder_notice": f"searches use words only: {problem}",
        "encoder_remedy": remedy,
    }


def _mismatch(encoder: "TextEncoder | None", serving: Generation) -> tuple[str | None, str]:
    if encoder is None:
        return "the index has vectors, but no encoder is configured", f"set {FOLDER}"
    try:
        identity = encoder.identity
    except EncoderError as error:
        return str(error), error.remedy
    if serving.encoder is None:
        return "the index was built without an encoder", REBUILD
    return ("the index was built with another encoder" if serving.encoder != identity else None), REBUILD
