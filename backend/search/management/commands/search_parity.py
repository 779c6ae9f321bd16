"""`manage.py search_parity`: compares the search index with the database, and repairs it."""

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser
from tqdm import tqdm

from backend.api.commands import ShopCommand
from backend.audit.actors import Actor
from backend.engines.index import engine
from backend.outbox.errors import DrainTimeout, Overtaken
from backend.search.parity import TIMEOUT_SECONDS, Parity
from backend.search.parity_report import EXAMPLES, REBUILD, ParityReport, check
from backend.search.projection import listed_count
from indexing.engine import Generation
from indexing.errors import GenerationNotFound, SearchError
from indexing.generations import kept_current

ACTOR = Actor.system("search_parity")
DIFFERENCES = 1
WRONG_INPUT = 2
NOT_COMPARED = 3


class Command(ShopCommand):
    """Compares generations with the database, and repairs them only with --repair."""

    help = (
        "Compare what the search index stores with the database, while the shop runs. Nothing is changed,"
        " unless --repair is given. Exits with 0 if nothing differs, 1 if products differ, 2 if the options"
        " are wrong, and 3 if the comparison was not possible."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--generation", metavar="NAME", help="an index of rebuild_index --list")
        which.add_argument("--all", action="store_true", help="every index that is kept current")
        parser.add_argument(
            "--repair",
            action="store_true",
            help="index the products that differ again, remove what is not listed, and compare these again",
        )
        parser.add_argument("--json", action="store_true", help="print the result as JSON")
        parser.add_argument(
            "--examples",
            type=int,
            default=EXAMPLES,
            metavar="N",
            help=f"the number of products to list for each kind of difference; {EXAMPLES} by default",
        )
        parser.add_argument(
            "--timeout",
            type=float,
            default=TIMEOUT_SECONDS,
            metavar="SECONDS",
            help=f"how long to wait for the relay each time; {TIMEOUT_SECONDS:g} by default",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Print a report for each generation.

        Raises:
            CommandError: products differ, the options are wrong, or the comparison was not possible.
        """
        if options["examples"] < 0 or options["timeout"] <= 0:
            raise CommandError("--examples must be at least 0, --timeout above 0", returncode=WRONG_INPUT)
        try:
            reports = [_check(each, options) for each in _generations(options)]
        except SearchError as error:
            raise CommandError(f"{error}. {error.remedy}", returncode=NOT_COMPARED) from error
        except Overtaken as error:
            raise CommandError(f"the index missed changes; {REBUILD}", returncode=NOT_COMPARED) from error
        except DrainTimeout as error:
            raise CommandError(
                f"the index lags: {error}. Check that the relay runs, and run the command again",
                returncode=NOT_COMPARED,
            ) from error
        self._print(reports, as_json=options["json"])

    def _print(self, reports: list[ParityReport], *, as_json: bool) -> None:
        if as_json:
            shown = {
                "clean": not any(each.differing for each in reports),
                "generations": [each.as_json() for each in reports],
            }
            self.stdout.write(json.dumps(shown, indent=2))
        else:
            self.stdout.write("\n".join(line for each in reports for line in each.lines()))
        if differing := [each for each in reports if each.differing]:
            lines = [
                f"{each.differing:,} products differ in {each.generation}; {each.advice}"
                for each in differing
            ]
            raise CommandError("\n".join(lines), returncode=DIFFERENCES)


def _generations(options: dict[str, Any]) -> list[Generation]:
    """Return the generations to compare."""
    if options["all"]:
        return kept_current(engine().generations())
    if options["generation"] is None:
        return [engine().serving()]
    found = [each for each in engine().generations() if each.name == options["generation"]]
    if not found:
        error = GenerationNotFound(options["generation"])
        raise CommandError(f"{error}. {error.remedy}", returncode=WRONG_INPUT)
    if not kept_current(found):
        raise CommandError(
            f"{found[0].name} is not kept current: it is being built, or of another release's schema version",
            returncode=WRONG_INPUT,
        )
    return found


def _check(generation: Generation, options: dict[str, Any]) -> ParityReport:
    with tqdm(total=listed_count(), unit=" products", desc="compare", disable=None) as progress:
        return check(
            Parity(engine=engine(), generation=generation, timeout=options["timeout"]),
            examples=options["examples"],
            repair_by=ACTOR if options["repair"] else None,
            progress=progress.update,
        )
