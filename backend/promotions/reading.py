"""Reads the rules, codes and uses that an evaluation needs, by one statement."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import connection

from backend.api.owners import Owner
from backend.api.statements import statement
from backend.promotions.customers import use_owner
from backend.promotions.evaluation import Evaluation, evaluate
from backend.promotions.models import Promotion
from backend.promotions.rules import NOBODY, Code, Customer, Kind, Level, Line, Measure, Rule, Selection, Tier

SQL = Path(__file__).parent / "sql"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The promotions, the codes of a cart and the customer's uses at a moment."""

    rules: Sequence[Rule] = ()
    codes: Mapping[str, Code | None] = field(default_factory=dict)
    customer: Customer = NOBODY
    now: datetime

    def evaluate(self, lines: Iterable[Line], *, currency: str) -> Evaluation:
        """Return what the promotions do to a cart with these lines; nothing without lines or rules."""
        lines = list(lines)
        if not self.rules or not lines:
            return Evaluation(currency=currency)
        return evaluate(
            lines,
            rules=self.rules,
            codes=self.codes,
            customer=self.customer,
            currency=currency,
            now=self.now,
        )


def terms_for(owner: Owner | None, *, email: str = "", now: datetime) -> Terms:
    """Return the terms for the owner of a cart (1 query); `email` identifies a guest who orders."""
    user_id, guest = (None, "") if owner is None else (owner.user_id, owner.guest)
    moment = connection.ops.adapt_datetimefield_value(now)
    used_by = use_owner(user_id=user_id, email=email)
    parameters = [user_id, guest, used_by, moment, moment]
    rows: list[Any] = list(Promotion.objects.raw(statement(SQL, "terms"), parameters))
    return Terms(
        rules=list({row.pk: rule_of(row, paths=_paths(row)) for row in rows}.values()),
        codes={
            row.cart_code: Code(
                code=row.cart_code, rule_id=row.pk, max_uses=row.code_max_uses, uses=row.code_uses
            )
            for row in rows
            if row.cart_code is not None
        },
        customer=Customer(uses={row.pk: row.customer_uses for row in rows if row.customer_uses}),
        now=now,
    )


def _paths(row: Any) -> dict[int, str]:
    return {int(pk): path for pk, path in json.loads(row.category_paths or "{}").items()}


def rule_of(row: Promotion, *, paths: Mapping[int, str]) -> Rule:
    """Return a promotion as a rule; `paths` are those of the categories that it names, by id."""
    return Rule(
        id=row.pk,
        name=row.name,
        level=Level(row.level),
        kind=Kind(row.kind),
        value=row.value,
        currency=row.currency,
        tiers=tuple(Tier(Decimal(threshold), Decimal(value)) for threshold, value in row.tiers),
        tier_measure=Measure(row.tier_measure),
        buy_units=row.buy_units,
        get_units=row.get_units,
        target=selection_of(row.target, paths=paths),
        bought=selection_of(row.bought, paths=paths),
        excluded=selection_of(row.excluded, paths=paths),
        code_required=row.code_required,
        priority=row.priority,
        stackable=row.stackable,
        exclusive=row.exclusive,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        is_active=row.is_active,
        is_flash_sale=row.is_flash_sale,
        unit_cap=row.unit_cap,
        units_used=row.units_used,
        use_cap=row.use_cap,
        uses=row.uses,
        customer_use_cap=row.customer_use_cap,
        minimum_amount=row.minimum_amount,
        minimum_units=row.minimum_units,
    )


def selection_of(stored: Mapping[str, Sequence[Any]], *, paths: Mapping[int, str]) -> Selection:
    """Return a stored selection. A category that no longer exists selects nothing."""
    return Selection(
        products=frozenset(stored.get("products", ())),
        variants=frozenset(stored.get("variants", ())),
        category_paths=tuple(paths[pk] for pk in stored.get("categories", ()) if pk in paths),
        brands=frozenset(brand.casefold() for brand in stored.get("brands", ())),
        sellers=frozenset(stored.get("sellers", ())),
        is_empty=not any(stored.values()),
    )
