"""`manage.py rebuild_index`: builds a new generation of the search index while the old one serves."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from backend.api.commands import ShopCommand
from backend.audit.actors import Actor
from backend.engines.index import engine
from backend.outbox.errors import Overtaken
from backend.search.projection import listed_count
from backend.search.rebuilding import build, roll_back
from indexing.errors import SearchError

ACTOR = Actor.system("rebuild_index")


class Command(ShopCommand):
    """Builds, lists or rolls back generations."""

    help = "Build a new search index while the old one serves and is kept current, then swap them."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options for listing and rolling back."""
        instead = parser.add_mutually_exclusive_group()
        instead.add_argument("--list", action="store_true", help="list the indices instead")
        instead.add_argument(
            "--rollback", action="store_true", help="let the previous index serve again instead"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Build, list or roll back; report a search error in one line with its remedy."""
        try:
            if options["list"]:
                self._list()
            elif options["rollback"]:
                self.stdout.write(f"serving again: {roll_back(engine(), by=ACTOR).name}")
            else:
                self._build()
        except SearchError as error:
            raise CommandError(f"{error}. {error.remedy}") from error
        except Overtaken as error:
            raise CommandError("the build was stopped for too long; run the command again") from error

    def _list(self) -> None:
        for each in engine().generations():
            created = f"{each.created_at:%Y-%m-%d %H:%M} UTC"
            self.stdout.write(f"{each.name}  {each.role}  schema {each.schema_version}  created {created}")

    def _build(self) -> None:
        with tqdm(total=listed_count(), unit=" products", desc="index", disable=None) as progress:
            built = build(engine(), by=ACTOR, clock=timezone.now, progress=progress.update)
        self.stdout.write(f"serving: {built.name}, {engine().count(built.name):,} products")
