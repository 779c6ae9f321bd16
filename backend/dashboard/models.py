"""Views of the dashboard that users saved."""

from django.conf import settings
from django.db import models

LONGEST_NAME, LONGEST_QUERY = 80, 4_000


class SavedView(models.Model):
    """A page with filters under a name of the user's; `query` is the query string of its address."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=LONGEST_NAME)
    page = models.CharField(max_length=40)
    query = models.CharField(max_length=LONGEST_QUERY, blank=True)
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="saved_view_name_of_a_user")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
