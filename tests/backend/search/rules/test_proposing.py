"""Synonyms that are proposed from what shoppers chose."""

from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.utils import timezone

from analytics_pipeline import ingest
from analytics_pipeline.events import Click, Exposure, Record
from backend.audit.models import AuditEntry
from backend.engines.warehouse import warehouse
from backend.search.models import SynonymSet
from backend.search.rules.selectors import active_synonyms
from backend.search.rules.synonym_services import create_synonym_set
from backend.search.tasks import propose_synonyms_of_choices
from tests.analytics_pipeline.samples import id_at, record
from tests.backend.shop import NOW, SYSTEM

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("migrated_warehouse_url")]

PRODUCTS = (9_001, 9_002, 9_003)


def searched(query: str, *, products: tuple[int, ...]) -> None:
    """Store that five shoppers searched for `query` and chose these products."""
    at, records = timezone.now() - timedelta(hours=1), list[Record]()
    for _ in range(5):
        shopper = uuid4()
        shown = Exposure(event_id=id_at(at), surface="search", product_ids=products, query=query)
        clicks = [Click(event_id=id_at(at), product_id=each, exposure_id=shown.event_id) for each in products]
        records.append(record(shown, shopper_key=shopper))
        records += [record(each, shopper_key=shopper) for each in clicks]
    ingest.load(warehouse(), records)


def test_a_proposal_has_its_evidence_and_no_effect_and_is_made_once() -> None:
    for query in ("grey davenport", "grey chesterfield"):
        searched(query, products=PRODUCTS)
    for number in range(6):
        searched(f"unrelated{number}", products=(9_100 + 3 * number, 9_101 + 3 * number, 9_102 + 3 * number))
    printed = StringIO()

    call_command("propose_synonyms", stdout=printed)

    (found,) = SynonymSet.objects.all()
    assert (sorted(found.phrases), found.status) == (["chesterfield", "davenport"], "proposed")
    assert found.evidence is not None
    assert found.evidence["queries"] == ["grey chesterfield", "grey davenport"]
    assert (found.evidence["shoppers"], found.evidence["common_products"]) == ([5, 5], 3)
    assert found.evidence["lift"] > 3
    assert active_synonyms().expansions(("davenport",)) == ()
    assert "1 new proposals" in printed.getvalue()
    assert AuditEntry.objects.get(object_type="search.SynonymSet").system_name == "propose_synonyms"
    SynonymSet.objects.update(status="rejected")
    assert propose_synonyms_of_choices() == 0
    SynonymSet.objects.all().delete()
    values = {"phrases": ["sofa", "davenport"], "source": "Chesterfield", "status": "inactive"}
    create_synonym_set(values, by=SYSTEM, now=NOW)
    assert propose_synonyms_of_choices() == 0
