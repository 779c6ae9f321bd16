"""`manage.py demo`: create a shop with generated data, ready to be served."""

import io
import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError, CommandParser

from analytics_pipeline.embedded import ServiceDidNotStart
from analytics_pipeline.settings import PipelineSettings
from backend.analytics.tasks import rebuild_rollups
from backend.api.commands import ShopCommand
from backend.config.engines import running
from backend.config.management.commands.populate_data import MISSING
from backend.config.optional import GENERATED_SHOP, is_installed
from backend.config.supervision import CannotServe, Listen, default_port, require_free

STEPS_FILE = "demo.json"
FORMER_NAMES = {"products, people and what they did": "products, customers and their behaviour"}
"""Names of steps that earlier releases wrote to the file."""
SIZES = {"products": 2_000, "customers": 3_000, "days": 120}


def _train() -> None:
    # In a separate process, so that the memory used for training is freed.
    done = subprocess.run([sys.executable, "-m", "ml.train"], cwd=settings.BASE_DIR, check=False)
    if done.returncode != 0:
        raise CommandError("training failed; see the message above")


def steps(sizes: Mapping[str, int]) -> dict[str, Callable[[], object]]:
    """Return the steps after the migrations, in order; a step that was interrupted can be repeated."""
    return {
        "products, customers and their behaviour": lambda: call_command(
            "populate_data", *[f"--{name}={size}" for name, size in sizes.items()]
        ),
        "search index": lambda: call_command("rebuild_index"),
        "rollups of all days": rebuild_rollups,
        "recommendation models": _train,
        "recommendations": lambda: call_command("publish_model"),
    }


class Command(ShopCommand):
    """Runs the steps that are not done yet, so an interrupted run can be continued."""

    help = "Create a shop with generated data in an empty VITRINE_HOME; completed steps are skipped."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the size of the shop, and the address on which it will be served."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=default_port())
        for name, default in SIZES.items():
            parser.add_argument(f"--{name}", type=int, default=default)

    def handle(self, *_: Any, **options: Any) -> None:
        """Migrate the database and the warehouse, and run the remaining steps."""
        if not is_installed(GENERATED_SHOP):
            raise CommandError(MISSING)
        try:
            # Fail now rather than after minutes of work.
            require_free(PipelineSettings.from_env(), listen=Listen.of(options["host"], options["port"]))
        except CannotServe as error:
            raise CommandError(str(error)) from error
        path = settings.VITRINE_HOME / STEPS_FILE
        done = (
            [FORMER_NAMES.get(name, name) for name in json.loads(path.read_text())] if path.exists() else []
        )
        try:
            with running():
                call_command("migrate", verbosity=0)
                call_command("migrate_warehouse", stdout=io.StringIO())
                self._run({name: options[name] for name in SIZES}, done=done, path=path)
        except ServiceDidNotStart as error:
            raise CommandError(str(error)) from error

    def _run(self, sizes: Mapping[str, int], *, done: list[str], path: Path) -> None:
        all_steps = steps(sizes)
        for number, (name, step) in enumerate(all_steps.items(), start=1):
            if name in done:
                continue
            self.stdout.write(f"[{number}/{len(all_steps)}] {name}")
            self.stdout.flush()
            started = time.monotonic()
            step()
            done.append(name)
            path.write_text(json.dumps(done))
            self.stdout.write(f"      {time.monotonic() - started:.0f} s")
