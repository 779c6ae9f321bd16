"""The personal data of promotions: the codes in a cart, and how often a customer has used a promotion."""

from collections.abc import Collection, Iterable

from django.db.models import Q

from backend.api.personal_data import PersonalRows, PersonalTables, owned_by
from backend.promotions.customers import use_owner
from backend.promotions.models import CartCode, CustomerUse


class PromotionData(PersonalTables):
    """The user's codes and uses."""

    def erase_guest(self, tokens: Collection[str], *, emails: Iterable[str]) -> dict[str, int]:
        """Delete the codes in carts with these hashes of tokens, and the uses with these addresses."""
        owners = {use_owner(user_id=None, email=email) for email in emails if email}
        return {
            "cart_codes": CartCode.objects.filter(guest__in=tokens).delete()[0],
            "promotion_uses": CustomerUse.objects.filter(owner__in=owners).delete()[0],
        }


PERSONAL_DATA = PromotionData(
    "promotions",
    [
        PersonalRows(
            section="cart_codes",
            model=CartCode,
            owner=owned_by("user"),
            exported=["code__code", "added_at"],
            withheld=["id", "user", "guest"],
        ),
        PersonalRows(
            section="promotion_uses",
            model=CustomerUse,
            owner=lambda user_id: Q(owner=use_owner(user_id=user_id)),
            exported=["promotion__name", "uses"],
            withheld=["id", "owner"],
        ),
    ],
)
