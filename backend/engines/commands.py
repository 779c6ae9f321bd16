"""The embedded services for commands that use the warehouse or the stream."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError

from analytics_pipeline import embedded, migrate
from analytics_pipeline.embedded import Service
from analytics_pipeline.redis_client import StreamUnavailable
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.warehouse import WarehouseRefused, WarehouseUnavailable


@contextmanager
def services_for_command(
    settings: PipelineSettings, *services: Service, returncode: int = 1
) -> Iterator[None]:
    """Run the embedded services that are needed and not running, for the duration of a command.

    Raises:
        CommandError: a service does not start or respond, or the warehouse refuses a statement; the command
            exits with `returncode`.
    """
    try:
        with embedded.ensure(settings, *services):
            yield
    except (StreamUnavailable, WarehouseUnavailable) as error:
        message = f"the warehouse or the stream is not available: {error}"
        raise CommandError(message, returncode=returncode) from error
    except (WarehouseRefused, migrate.MigrationChanged, embedded.ServiceDidNotStart) as error:
        raise CommandError(str(error), returncode=returncode) from error
