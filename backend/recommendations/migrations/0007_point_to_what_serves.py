from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def point_to_what_serves(apps: Apps, _: BaseDatabaseSchemaEditor) -> None:
    """Chain the publications that a rollback could return to, and point to the one that serves."""
    version_of, publication_of, pointer_of = (
        apps.get_model("recommendations", name) for name in ("ModelVersion", "Publication", "ServingPointer")
    )
    before = serving = publication = None
    for version in version_of.objects.filter(published_at__isnull=False).order_by("published_at"):
        found = publication_of.objects.filter(version=version.version).order_by("-pk").first()
        if found is None:
            found = publication_of(
                version=version.version, published_at=version.published_at, system_name="previous_release"
            )
        found.replaces = before
        found.save()
        before = found
        if version.is_serving:
            serving, publication = version, found
    if serving is None:
        return
    is_pinned = serving.pauses_publishing
    pointer_of.objects.create(
        id=1,
        publication=publication,
        generation=1,
        pinned_by="previous_release" if is_pinned else "",
        pinned_reason="an operator chose it" if is_pinned else "",
        pinned_at=serving.published_at if is_pinned else None,
    )


class Migration(migrations.Migration):
    """Is a migration of its own, because PostgreSQL adds foreign keys only to tables without pending changes."""

    dependencies = [("recommendations", "0006_serving")]

    operations = [migrations.RunPython(point_to_what_serves, migrations.RunPython.noop, elidable=True)]
