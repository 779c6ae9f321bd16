"""Carts with their promotions."""

from dataclasses import dataclass
from datetime import datetime

from backend.api.owners import Owner
from backend.carts.contents import Contents, contents_of, reduced
from backend.carts.selectors import cart_contents
from backend.promotions.evaluation import Evaluation
from backend.promotions.lines import line_of
from backend.promotions.reading import Terms, terms_for


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotedCart:
    """A cart with reduced lines, what promotions do to it, and its codes."""

    contents: Contents
    evaluation: Evaluation
    codes: tuple[str, ...] = ()


def promoted(contents: Contents, *, terms: Terms) -> PromotedCart:
    """Return the cart after the promotions of `terms`, which see the lines that can be ordered."""
    lines = [line_of(line.item.variant, quantity=line.item.quantity) for line in contents.orderable]
    evaluation = terms.evaluate(lines, currency=contents.currency or "")
    return PromotedCart(
        contents=reduced(contents, discounts=evaluation.discounts),
        evaluation=evaluation,
        codes=tuple(sorted(terms.codes)),
    )


def promoted_cart(owner: Owner | None, *, now: datetime) -> PromotedCart:
    """Return the owner's cart with its promotions at a moment (2 queries); an empty one without an owner."""
    if owner is None:
        return PromotedCart(contents=contents_of([]), evaluation=Evaluation(currency=""))
    return promoted(cart_contents(owner), terms=terms_for(owner, now=now))
