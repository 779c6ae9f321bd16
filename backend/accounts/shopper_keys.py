"""The keys of a user in the warehouse: the account's own, and those of the guest that the user was before."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q

from backend.accounts.models import ShopperLink, User


@dataclass(frozen=True, slots=True)
class ShopperKeys:
    """The key of an account, and the anonymous ids whose behaviour reports attribute to it."""

    account: UUID
    anonymous: tuple[UUID, ...] = ()

    @property
    def all(self) -> tuple[UUID, ...]:
        """The key of the account, then the anonymous ids."""
        return (self.account, *self.anonymous)


def shopper_keys_of(user_id: int) -> ShopperKeys:
    """Return the user's keys.

    An anonymous id that several accounts have used belongs to the first of them, as in the warehouse's view
    `shopper_identities`.
    """
    account = User.objects.values_list("shopper_key", flat=True).get(pk=user_id)
    earlier = ShopperLink.objects.filter(anonymous_id=OuterRef("anonymous_id")).filter(
        Q(linked_at__lt=OuterRef("linked_at"))
        | Q(linked_at=OuterRef("linked_at"), user__shopper_key__lt=OuterRef("user__shopper_key"))
    )
    links = ShopperLink.objects.filter(~Exists(earlier), user=user_id).order_by(F("anonymous_id"))
    return ShopperKeys(account, tuple(links.values_list("anonymous_id", flat=True)))
