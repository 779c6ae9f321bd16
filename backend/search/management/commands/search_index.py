"""`manage.py search_index`: replaces the command of django-elasticsearch-dsl by `rebuild_index`.

The library's command writes without versions and leaves the shop without an index while it works.
"""

from backend.search.management.commands.rebuild_index import Command as RebuildIndex


class Command(RebuildIndex):
    """The same as rebuild_index."""

    help = f"The same as rebuild_index. {RebuildIndex.help}"
