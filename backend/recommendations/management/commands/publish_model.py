"""`manage.py publish_model`: publish a trained version, roll back, pin what serves, or list all versions."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db.models import Sum
from django.utils import timezone

from analytics_pipeline.redis_client import StreamUnavailable
from backend.api.commands import ShopCommand
from backend.api.errors import DomainError
from backend.audit.actors import Actor
from backend.recommendations import services
from backend.recommendations.models import ModelVersion, ServingPointer
from ml.registry import Registry, VersionDamaged, VersionNotFound
from ml.settings import TrainingSettings


class Command(ShopCommand):
    """Publishes a version, rolls back, pins what serves, or lists the versions."""

    help = "Serve the recommendations of a trained version (by default the newest)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the version, and the options for rolling back, pinning and listing."""
        what = parser.add_mutually_exclusive_group()
        what.add_argument(
            "version", nargs="?", help="the version's name; by default the newest that is not a back-test"
        )
        what.add_argument(
            "--rollback", action="store_true", help="serve the previously published version again"
        )
        parser.add_argument(
            "--force", action="store_true", help="publish the named version although a gate refuses it"
        )
        parser.add_argument(
            "--reason", help="why it is published nevertheless, or pinned; recorded with the author"
        )
        what.add_argument(
            "--pin", action="store_true", help="keep what serves; scheduled training publishes nothing"
        )
        what.add_argument("--unpin", action="store_true", help="let scheduled training publish again")
        what.add_argument("--list", action="store_true", help="list the versions")

    def handle(self, *_: Any, **options: Any) -> None:
        """Publish, roll back, pin or list; fail with one line that says why."""
        registry = Registry(TrainingSettings.from_env().registry)
        if options["list"]:
            self._list(registry)
            return
        if options["force"] and options["version"] is None:
            raise CommandError("--force needs the name of a version")
        if options["reason"] is not None and not (options["force"] or options["pin"]):
            raise CommandError("--reason is recorded only with --force or --pin")
        try:
            version = self._done(registry, options)
        except (VersionNotFound, VersionDamaged, StreamUnavailable, DomainError) as error:
            raise CommandError(str(error)) from error
        lists = version.lists.aggregate(lists=Sum("lists"))["lists"] or version.lists.count()
        self.stdout.write(f"{version.version} is serving: {lists} lists.")
        if version.pauses_publishing:
            self.stdout.write("Scheduled training publishes nothing until `publish_model --unpin`.")

    def _done(self, registry: Registry, options: dict[str, Any]) -> ModelVersion:
        by, now, reason = Actor.system("publish_model"), timezone.now(), options["reason"] or ""
        if options["rollback"]:
            return services.rollback(registry=registry, by=by, now=now)
        if options["pin"]:
            return services.pin(reason=reason, by=by, now=now)
        if options["unpin"]:
            return services.unpin(by=by)
        forced = reason if options["force"] else None
        return services.publish(options["version"], registry=registry, by=by, now=now, forced_because=forced)

    def _list(self, registry: Registry) -> None:
        loaded = {row.version: row for row in ModelVersion.objects.all()}
        damaged = {error.version for error in registry.damaged()}
        for name in sorted({*registry.versions(), *loaded}, reverse=True):
            row = loaded.get(name)
            state = "trained" if row is None or row.loaded_at is None else "published"
            if row is not None and row.is_serving:
                state = f"serving, pinned by {_pin()}" if row.pauses_publishing else "serving"
            self.stdout.write(f"{name}  {state}{', damaged' if name in damaged else ''}")


def _pin() -> str:
    pointer = ServingPointer.objects.first()
    if pointer is None or pointer.pinned_at is None:
        return "a process of the previous release"
    return f"{pointer.pinned_by}: {pointer.pinned_reason}"
