"""The report of a version as one HTML page."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from ml import gates, segments
from ml.catalogue import Catalogue, ProductFacts
from ml.drift import Check, Drift
from ml.profiles import profile
from ml.registry import Registry, Version
from ml.report import page
from ml.train import train
from ml.training_data import TrainingData
from tests.ml.planted import planted_catalogue
from tests.ml.planted_log import PRODUCTS, planted_log
from tests.ml.report.documents import Document
from tests.services.chromium import Page, browser

NOW = datetime(2026, 3, 1, tzinfo=UTC)
HOSTILE = '<script>alert("1")</script> & <img src=x onerror=alert(2)>'


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """A catalogue in which every title is hostile."""
    known = planted_catalogue(PRODUCTS).products
    titled = [
        replace(one, title=f"{one.title} {HOSTILE}", category=("A & B <i>", *one.category[1:]))
        for one in known.values()
    ]
    return Catalogue.of(titled)


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue) -> list[Version]:
    """Two versions, of which the second was compared with the first."""
    registry = Registry(tmp_path_factory.mktemp("models"))
    log = planted_log()
    data = TrainingData(log, catalogue, NOW, log)
    first = train(data, registry=registry, now=NOW)
    return [first, train(data, registry=registry, now=NOW + timedelta(days=1), serving=first)]


@pytest.fixture(scope="module")
def html(versions: list[Version], catalogue: Catalogue) -> str:
    return page(versions[-1], products=catalogue.products, judged=versions)


def test_the_page_is_complete_by_itself_and_titles_are_no_markup(html: str) -> None:
    document = Document(html)

    assert not document.problems
    assert not {"script", "img", "link", "iframe", "object", "i"} & set(document.tags)
    assert not document.handlers
    assert document.links
    assert {link.removeprefix("#") for link in document.links} == set(document.ids)
    assert "url(" not in html
    assert "@import" not in html
    assert HOSTILE in document.text


def test_every_verdict_is_shown_with_its_reason_and_outcome(html: str, versions: list[Version]) -> None:
    text = Document(html).text
    verdicts = gates.stored_verdicts(versions[-1].manifest)

    assert verdicts
    assert {gates.Gate.NOT_WORSE_THAN_SERVING, gates.Gate.BEATS_POPULARITY} <= {one.gate for one in verdicts}
    for verdict in verdicts:
        assert f"{verdict.gate} {verdict.outcome.replace('_', ' ')}" in text
        assert verdict.reason in text
    assert f"Compared with {versions[0].id}, which served" in text


def test_metrics_are_shown_by_segment_beside_popularity_and_what_serves(
    html: str, versions: list[Version]
) -> None:
    text = Document(html).text
    found = segments.stored(versions[-1].manifest)

    assert {"popularity", "collaborative", "hybrid", "serving collaborative"} <= found.keys()
    for recipe, by_segment in found.items():
        assert segments.ALL in by_segment
        for one in by_segment.values():
            assert one.low <= one.mean <= one.high
            assert f"{recipe} {one.mean:.4f} {one.low:.4f} to {one.high:.4f}" in text


def test_the_mean_over_all_users_is_that_of_the_tested_recipe(versions: list[Version]) -> None:
    manifest = versions[-1].manifest
    found = segments.stored(manifest)

    for recipe, tested in (("popularity", "popularity"), ("hybrid", "person")):
        metrics = manifest["tested"][tested]["metrics"]
        assert found[recipe]["all"].mean == pytest.approx(metrics["ndcg@20"])
        assert found[recipe]["all"].users == metrics["users"]
        assert sum(one.users for name, one in found[recipe].items() if name != "all") == metrics["users"]


def test_lists_are_shown_by_title_and_no_shopper_by_key(html: str, versions: list[Version]) -> None:
    text = Document(html).text

    assert text.count("Shopper ") == 10
    assert "because of" in text
    keys = [str(key) for key in versions[-1].lists("user.content_based").subjects]
    assert keys
    assert not [key for key in keys if key in html]


def test_the_versions_before_it_are_compared(html: str, versions: list[Version]) -> None:
    after = Document(html).text.partition("NDCG@20 of hybrid by version")[2]

    assert [version.id in after for version in versions] == [True, True]


def test_drift_is_a_section_that_names_what_changed(versions: list[Version]) -> None:
    checks = [
        Check(
            name="rows of the last week", drifted=True, reason="5, 90 before", distance=-9, limit=5, value=5
        ),
        Check(name="popularity of products", drifted=False, reason="PSI 0.010", distance=0.01, limit=0.2),
    ]
    found = msgspec.to_builtins(Drift([versions[0].id], checks))
    version = replace(versions[-1], manifest={**versions[-1].manifest, "drift": found})

    text = Document(page(version, products={}, judged=versions)).text

    assert "Drift: rows of the last week." in text
    assert "rows of the last week drift z -9.0 ±5 5, 90 before" in text
    assert "popularity of products as before PSI 0.010 0.200" in text


def test_what_an_earlier_release_did_not_record_is_said(
    versions: list[Version], catalogue: Catalogue
) -> None:
    later = ("by_segment", "data", "environment", "parameters", "verdicts", "tested", "product_pages")
    manifest = {name: value for name, value in versions[0].manifest.items() if name not in later}
    old = replace(versions[0], manifest=manifest)

    document = Document(page(old, products={}, judged=[old]))

    assert not document.problems
    assert "was not judged" in document.text
    assert "earlier release" in document.text
    assert "The catalogue could not be read" in document.text
    assert "product 1" in document.text


def test_a_manifest_records_the_environment_and_the_parameters(versions: list[Version]) -> None:
    found = versions[0].manifest["environment"]

    assert found.keys() == {"commit", "is_modified", "source_sha256", "python", "machine", "packages"}
    assert {"numpy", "scipy", "implicit", "scikit-learn", "pandas"} <= found["packages"].keys()
    assert len(found["source_sha256"]) == 64
    assert versions[0].manifest["parameters"]["k"] == 20


def test_a_profile_counts_all_and_recent_interactions() -> None:
    log = planted_log()
    products = [
        ProductFacts(number, f"piece {number}", category=(f"c{number % 25}",)) for number in range(200)
    ]
    data = TrainingData(log, Catalogue.of(products), NOW, log)

    found = profile(data)

    assert found.all.rows == len(log)
    assert 0 < found.recent.rows < found.all.rows
    assert found.all.without_purchase == 1, "no row has the weight of a sale"
    assert sum(found.popularity) == pytest.approx(1, abs=1e-4)
    assert sum(found.categories.values()) == pytest.approx(1, abs=1e-4)
    assert len(found.categories) <= 21


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("browser")) as tab:
        yield tab


@pytest.mark.browser
@pytest.mark.parametrize("width", [400, 800, 1_400])
def test_nothing_is_wider_than_the_window(chromium: Page, html: str, width: int, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(html, encoding="utf-8")
    chromium.call(
        "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False
    )

    chromium.call("Page.navigate", url=f"file://{file}")
    chromium.wait_for("document.readyState === 'complete' && !!document.querySelector('main')")

    assert chromium.overflow <= 0
