"""`manage.py evaluate_search`: evaluate the default search with relevance judgments."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from backend.importing.errors import UnreadableFile
from backend.importing.files import Record, open_table
from backend.importing.headers import Header
from backend.search.evaluation import bare_product, evaluate_search
from indexing.document import ProductDocument
from indexing.errors import SearchError
from indexing.request import MAX_QUERY_LENGTH
from indexing.settings import ENGINES, SearchSettings, SettingsError
from ml.ranking.relevance import (
    MRR_DEPTH,
    NDCG_DEPTH,
    RECALL_DEPTH,
    NoRelevantProducts,
    RelevanceReport,
    grades_by_query,
)

WRONG_INPUT = 2
WORST = 10
PRODUCTS = Header(("product_id", "title", "description"))
JUDGMENTS = Header(("query", "product_id", "grade"))
MAX_GRADE = 10


class Command(BaseCommand):
    """Evaluates the search."""

    help = "Evaluate the default search with judgments on a separate catalogue; the shop's index is not used."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the two files and the engine."""
        parser.add_argument("--products", type=Path, required=True, help="CSV: product_id,title,description")
        parser.add_argument("--judgments", type=Path, required=True, help="CSV: query,product_id,grade")
        parser.add_argument("--engine", choices=ENGINES, help="default: the shop's")

    def handle(self, *_: Any, **options: Any) -> None:
        """Print the metrics and the worst queries."""
        try:
            settings = SearchSettings.from_env()
            if options["engine"]:
                settings = replace(settings, engine=options["engine"])
            report = self._report(settings, options["products"], options["judgments"])
        except (UnreadableFile, NoRelevantProducts, SettingsError) as error:
            raise CommandError(str(error), returncode=WRONG_INPUT) from error
        except SearchError as error:
            raise CommandError(f"{error}. {error.remedy}") from error
        self._print(report)

    def _report(self, settings: SearchSettings, products_path: Path, judgments_path: Path) -> RelevanceReport:
        products = [*_products(products_path)]
        judgments = grades_by_query(_judgments(judgments_path))
        with tqdm(total=len(products), unit=" products", desc="index", disable=None) as progress:
            return evaluate_search(products, judgments, settings=settings, progress=progress.update)

    def _print(self, report: RelevanceReport) -> None:
        self.stdout.write(f"NDCG@{NDCG_DEPTH}   {report.ndcg:.4f}")
        self.stdout.write(f"MRR@{MRR_DEPTH}    {report.mrr:.4f}")
        self.stdout.write(f"recall@{RECALL_DEPTH} {report.recall:.4f}")
        self.stdout.write(f"queries   {len(report.queries)}, worst first:")
        for metrics in report.queries[:WORST]:
            self.stdout.write(f"  {metrics.ndcg:.4f}  {metrics.query}")


def _products(path: Path) -> Iterator[ProductDocument]:
    seen: set[int] = set()
    for line, (number, title, description) in _rows(path, header=PRODUCTS):
        product_id = _whole(number, path=path, line=line, column="product_id")
        if product_id in seen:
            raise UnreadableFile(f"{path}: line {line}: product_id {product_id} occurs twice")
        seen.add(product_id)
        yield bare_product(product_id, title=title, description=description)


def _judgments(path: Path) -> Iterator[tuple[str, int, int]]:
    for line, (query, number, grade) in _rows(path, header=JUDGMENTS):
        if not query.strip() or len(query) > MAX_QUERY_LENGTH:
            raise UnreadableFile(f"{path}: line {line}: a query has 1 to {MAX_QUERY_LENGTH} characters")
        product_id = _whole(number, path=path, line=line, column="product_id")
        yield query, product_id, _whole(grade, path=path, line=line, column="grade", most=MAX_GRADE)


def _rows(path: Path, *, header: Header) -> Iterator[tuple[int, list[str]]]:
    table = open_table(path, header=header)
    places = table.positions(header.required)
    for record in table.records():
        if not isinstance(record, Record):
            raise UnreadableFile(f"{path}: line {record.line}: {record.reason}")
        yield record.line, [record.values[place] for place in places]


def _whole(text: str, *, path: Path, line: int, column: str, most: int = 2**63 - 1) -> int:
    if not text.strip().isascii() or not text.strip().isdigit() or int(text) > most:
        raise UnreadableFile(f"{path}: line {line}: {column} is {text!r}, expected a number from 0 to {most}")
    return int(text)
