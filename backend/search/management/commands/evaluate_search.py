"""`manage.py evaluate_search`: evaluate the default search with relevance judgments."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from tqdm import tqdm

from backend.api.commands import ShopCommand
from backend.importing.errors import UnreadableFile
from backend.search.evaluation import evaluate_search
from backend.search.judgments import read_judgments, read_products
from indexing.errors import SearchError
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


class Command(ShopCommand):
    """Evaluates the search."""

    help = "Evaluate the default search with judgments on a separate catalogue; the shop's index is not used."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the two files and the engine."""
        parser.add_argument(
            "--products",
            type=Path,
            required=True,
            help="CSV: product_id,title and optionally description,brand,category,popularity",
        )
        parser.add_argument(
            "--judgments", type=Path, required=True, help="CSV: query,product_id,grade (0 to 10)"
        )
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
        products = [*read_products(products_path)]
        judgments = grades_by_query(read_judgments(judgments_path))
        with tqdm(total=len(products), unit=" products", desc="index", disable=None) as progress:
            return evaluate_search(products, judgments, settings=settings, progress=progress.update)

    def _print(self, report: RelevanceReport) -> None:
        self.stdout.write(f"NDCG@{NDCG_DEPTH}   {report.ndcg:.4f}")
        self.stdout.write(f"MRR@{MRR_DEPTH}    {report.mrr:.4f}")
        self.stdout.write(f"recall@{RECALL_DEPTH} {report.recall:.4f}")
        self.stdout.write(f"queries   {len(report.queries)}, worst first:")
        for metrics in report.queries[:WORST]:
            self.stdout.write(f"  {metrics.ndcg:.4f}  {metrics.query}")
