"""`manage.py search_index`: the name that django-elasticsearch-dsl gives to rebuilding.

Its own command writes without versions and leaves the shop without an index meanwhile.
"""

from backend.search.management.commands.rebuild_index import Command as RebuildIndex


class Command(RebuildIndex):
    """The same as rebuild_index."""

    help = f"The same as rebuild_index. {RebuildIndex.help}"
