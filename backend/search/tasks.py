"""Periodic tasks for search."""

import structlog
from celery import shared_task
from django.utils import timezone

from analytics_pipeline.warehouse import WarehouseRefused, WarehouseUnavailable
from backend.audit.actors import Actor
from backend.engines.index import engine
from backend.engines.warehouse import migrated
from backend.outbox.errors import DrainTimeout, Overtaken
from backend.search.models import IndexComparison
from backend.search.parity import Parity
from backend.search.parity_report import check
from backend.search.rules.proposing import propose_synonyms
from backend.search.suggestions.refreshing import refresh_if_due
from indexing.errors import SearchError
from indexing.generations import kept_current
from indexing.lexicon.refreshing import has_changed, refresh
from indexing.schema import VERSION

logger = structlog.get_logger(__name__)


@shared_task
def refresh_suggestions() -> bool:
    """Build the suggestion dictionary if products or queries have changed; return whether it was built."""
    try:
        return refresh_if_due(engine(), migrated(), now=timezone.now())
    except SearchError as error:
        logger.warning("suggestions_not_built", engine=engine().name, reason=str(error))
        return False


@shared_task
def propose_synonyms_of_choices() -> int:
    """Propose synonyms from what shoppers chose; return how many are new."""
    try:
        found = propose_synonyms(
            migrated().warehouse(), by=Actor.system("propose_synonyms"), now=timezone.now()
        )
    except (WarehouseUnavailable, WarehouseRefused) as error:
        logger.warning("synonyms_not_proposed", reason=str(error))
        return 0
    logger.info("synonyms_proposed", new=len(found))
    return len(found)


@shared_task
def compare_index() -> int:
    """Log how each generation that is kept current differs from the database; return how many products do.

    The results are stored for the health check. Nothing is repaired.
    """
    differing = 0
    try:
        for generation in kept_current(engine().generations()):
            report = check(Parity(engine=engine(), generation=generation))
            if report.differing:
                logger.error("index_differs", **report.as_json())
            else:
                logger.info("index_compared", generation=generation.name, products=report.products)
            IndexComparison.objects.update_or_create(
                generation=generation.name,
                defaults={
                    "compared_at": timezone.now(),
                    "products": report.products,
                    "differing": report.differing,
                },
            )
            differing += report.differing
    except (SearchError, DrainTimeout, Overtaken) as error:
        logger.warning("index_not_compared", engine=engine().name, reason=str(error))
    return differing


@shared_task
def refresh_lexicons(*, all_of_them: bool = False) -> int:
    """Build the lexicons of the generations that have changed since, or all; return how many were built."""
    built = 0
    try:
        for generation in kept_current(engine().generations()):
            if generation.schema_version != VERSION:
                continue
            if all_of_them or has_changed(engine(), generation.name):
                refresh(engine(), generation.name)
                built += 1
    except SearchError as error:
        logger.warning("lexicon_not_built", engine=engine().name, reason=str(error))
    return built
