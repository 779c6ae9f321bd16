"""Write docs/audit.md."""

from pathlib import Path
from typing import Any

from django.conf import settings

from backend.api.commands import ShopCommand
from backend.audit_log.reference import audit_reference


class Command(ShopCommand):
    """Writes the page that lists every action of the audit log, from the calls that record entries."""

    help = "Write docs/audit.md from the source; a test compares the two."

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the page."""
        path = Path(settings.BASE_DIR) / "docs" / "audit.md"
        path.write_text(audit_reference(), encoding="utf-8")
        self.stdout.write(f"wrote {path}")
