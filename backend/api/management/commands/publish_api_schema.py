"""Add what the API has gained to its published contract."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.checks import Tags
from django.core.management.base import CommandError, CommandParser
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer

from backend.api.commands import ShopCommand
from backend.api.schema import published
from backend.api.schema.compatibility import breaks, contract


class Command(ShopCommand):
    """Writes docs/api/v1.json from the views, and refuses to remove anything from it."""

    help = "Publish the API's present contract; refuse if it breaks clients of the published one."
    requires_system_checks = (Tags.urls,)

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        parser.add_argument("--check", action="store_true", help="Compare only; write nothing.")
        parser.add_argument(
            "--accept-breaks", action="store_true", help="Publish breaks, too, and print them."
        )
        parser.add_argument("--path", type=Path, default=published.PATH, help="The file of the contract.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare, and write the file."""
        generated = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
        present = contract(json.loads(OpenApiJsonRenderer().render(generated, renderer_context={})))
        path: Path = options["path"]
        if path.exists():
            found = breaks(published.read(path), present, today=datetime.now(UTC).date())
            for one in found:
                self.stdout.write(str(one))
            if found and not options["accept_breaks"]:
                raise CommandError(f"{len(found)} changes break clients of version 1; nothing was written")
        if not options["check"]:
            published.write(present, path)
            self.stdout.write(f"wrote {path}")
