"""The views that analysts may read."""

import re

from analytics_pipeline import migrate

_CREATED = re.compile(r"^CREATE OR REPLACE VIEW (\w+)", re.MULTILINE)


def views_with_definers_rights() -> list[str]:
    """Return the names of the views that read tables with their definer's rights."""
    statements = [each.statement for each in migrate.load() if "SQL SECURITY DEFINER" in each.statement]
    return sorted({name for statement in statements for name in _CREATED.findall(statement)})
