"""The benchmark of relevance: its samples, and one run on a small generated catalogue."""

import lzma
import re
from pathlib import Path

import pytest

from backend.search.evaluation import bare_product
from benchmarks.relevance.__main__ import main
from benchmarks.relevance.ablation import FEATURES, OF_MEANING, features_of
from benchmarks.relevance.generated import generated
from benchmarks.relevance.public import public_samples
from benchmarks.relevance.samples import FEWEST_PRODUCTS, Sample, from_folder, known_items, model_numbers

NUMBER = r"[+-]?\d+\.\d+"
GAIN = rf"{NUMBER} \| {NUMBER} … {NUMBER}"
ROW = re.compile(
    rf"\| (.+?) +\| {NUMBER} +\| {NUMBER} +\| {GAIN} \| {NUMBER} +\| {GAIN} \| {NUMBER} +\| {NUMBER} +\|"
)


def test_the_table_has_a_row_for_each_feature(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TEST_DATA_DIR", raising=False)

    status = main(["--products", "120", "--rounds", "1"])

    first, _, *lines = capsys.readouterr().out.strip().splitlines()
    assert status == 0
    assert first == "generated on tantivy: 120 products, 32 queries"
    rows = [ROW.fullmatch(line) for line in lines[2:]]
    assert [row and row[1] for row in rows] == [each.name for each in FEATURES]
    # The catalogue has misspelt queries, and best sellers have higher grades.
    gains = {each.name: float(line.split("|")[4]) for each, line in zip(FEATURES, lines[2:], strict=True)}
    assert min(gains["corrections"], gains["popularity and stock"], gains["relaxation"]) > 0


def test_a_folder_that_cannot_be_used_is_reported_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_generated_catalogue_is_the_same_in_each_run() -> None:
    assert generated(products=50) == generated(products=50)


def test_a_folder_has_products_with_judgments(tmp_path: Path) -> None:
    (tmp_path / "products.csv.xz").write_bytes(lzma.compress(b"product_id,title\n1,Lamp\n2,Chair\n"))
    (tmp_path / "judgments.csv").write_text("query,product_id,grade\nlight,1,2.33\nlight,2,0\n")

    sample = from_folder(tmp_path)

    assert [each.title for each in sample.products] == ["Lamp", "Chair"]
    assert sample.judgments == {"light": {1: 2.33, 2: 0}}
    by_words = tuple(each for each in FEATURES if each.name != "popularity and stock")
    assert features_of(sample) == by_words
    assert features_of(sample, encoded=True) == by_words + OF_MEANING


def test_without_judgments_categories_are_queries_and_are_removed_from_products(tmp_path: Path) -> None:
    rows = [f"{number},Torch {number},Home > Lighting" for number in range(1, FEWEST_PRODUCTS + 1)]
    rows += ["90,Chair,Office > Chairs", "91,Globe,Office > LIGHTING"]
    (tmp_path / "products.csv").write_text("\n".join(["product_id,title,category", *rows]))

    sample = from_folder(tmp_path)

    assert {query: set(grades) for query, grades in sample.judgments.items()} == {
        "home": {1, 2, 3, 4, 5},
        "lighting": {1, 2, 3, 4, 5, 91},
    }
    assert {each.categories for each in sample.products} == {()}


def test_known_items_are_searched_with_words_of_their_titles_in_order() -> None:
    sample = known_items(generated(products=50))

    titles = {each.id: re.findall(r"[a-z]{3,}", each.title.lower()) for each in sample.products}
    for query, grades in sample.judgments.items():
        ((product_id, grade),) = grades.items()
        rest = iter(titles[product_id])
        assert (2 <= len(query.split()) <= 4, grade) == (True, 1.0)
        assert all(word in rest for word in query.split())
    assert sample.judgments
    assert sample == known_items(generated(products=50))


def test_model_numbers_are_searched_without_their_separators() -> None:
    titles = ("Sony WH-1000XM4", "Case for Sony wh-1000xm4", "T-shirt", "Charger 2-in-1", "Mount A-1")
    sample = Sample(
        name="any",
        products=tuple(bare_product(number, title=title) for number, title in enumerate(titles)),
        judgments={},
    )

    assert model_numbers(sample).judgments == {"wh1000xm4": {0: 1.0, 1: 1.0}}


@pytest.mark.data
def test_public_catalogues_have_judged_products(data_dir: str) -> None:
    samples = {each.name: each for each in public_samples(Path(data_dir))}

    assert set(samples) == {"crowdflower", "flipkart (categories)", "amazon-in (categories)"}
    for sample in samples.values():
        ids = {each.id for each in sample.products}
        assert len(ids) == len(sample.products)
        assert {product for grades in sample.judgments.values() for product in grades} <= ids
