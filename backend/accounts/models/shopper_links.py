"""Links between anonymous ids and users."""

from django.db import models

from backend.accounts.models.users import User


class ShopperLink(models.Model):
    """A link from an anonymous id to a user, so that the guest's behaviour is attributed to the user."""

    anonymous_id = models.UUIDField()
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="shopper_links")
    linked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["anonymous_id", "user"], name="shopper_linked_once"),
        ]

    def __str__(self) -> str:
        return f"{self.anonymous_id} is user {self.user_id}"
