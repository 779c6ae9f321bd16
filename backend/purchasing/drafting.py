"""Writes what the reorder rules propose into drafts of purchase orders."""

import secrets
from collections import defaultdict
from datetime import datetime

from django.db import transaction

from backend.audit.actors import Actor
from backend.audit.services import record
from backend.purchasing.models import (
    ORDERED,
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseOrderStatus,
    ReorderRule,
)
from backend.purchasing.proposals import Proposal, draft_lines, proposals, rules_for_reordering

Status = PurchaseOrderStatus


def draft_purchase_orders(*, by: Actor, now: datetime, seller_id: int | None = None) -> list[PurchaseOrder]:
    """Write what the rules propose into the drafts of each supplier, and return the drafts that changed.

    A variant is in at most one draft. Repeated calls order nothing twice: they adapt only quantities that
    were not edited, and remove lines that are not needed any more. With `seller_id`, only the rules of that
    seller are considered.
    """
    with transaction.atomic():
        rules = _locked_rules(seller_id)
        found = {one.variant.pk: one for one in proposals(rules, now=now)}
        rows = draft_lines([rule.variant_id for rule in rules]).select_related("order")
        lines = {line.variant_id: line for line in rows}
        changed: dict[PurchaseOrder, list[Proposal]] = defaultdict(list)
        for line in lines.values():
            if line.variant_id not in found and not line.is_edited:
                line.delete()
                changed[line.order] = []
        for variant_id, proposal in found.items():
            line = lines.get(variant_id) or _new_line(proposal, now=now)
            if line.quantity != proposal.quantity:
                _write_line(line, proposal=proposal)
                changed[line.order].append(proposal)
        for order, written in changed.items():
            figures = {
                "variants": (None, len(written)),
                "units": (None, sum(one.quantity for one in written)),
            }
            record("purchasing.order_drafted", by=by, subject=order, changes=figures)
    return list(changed)


def _locked_rules(seller_id: int | None) -> list[ReorderRule]:
    """Lock the rules and the open orders of their sellers, and return the rules with the stock as it is then.

    Concurrent calls see each other's drafts. While the orders are locked, none of them is approved, which
    changes what is incoming, and none is received, which moves units from incoming to stock.
    """
    rules = rules_for_reordering()
    if seller_id is not None:
        rules = rules.filter(variant__product__seller_id=seller_id)
    locked = list(rules.select_for_update(of=("self",), no_key=True))
    sellers = {rule.variant.product.seller_id for rule in locked}
    orders = PurchaseOrder.objects.filter(seller__in=sellers, status__in=(Status.DRAFT, *ORDERED))
    list(orders.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    return list(rules.filter(pk__in=[rule.pk for rule in locked]))


def _new_line(proposal: Proposal, *, now: datetime) -> PurchaseOrderLine:
    return PurchaseOrderLine(order=_draft_for(proposal, now=now), variant=proposal.variant, quantity=0)


def _draft_for(proposal: Proposal, *, now: datetime) -> PurchaseOrder:
    order, _ = PurchaseOrder.objects.get_or_create(
        seller_id=proposal.variant.product.seller_id,
        supplier=proposal.rule.supplier,
        status=Status.DRAFT,
        defaults={"number": _number(), "created_at": now},
    )
    return order


def _write_line(line: PurchaseOrderLine, *, proposal: Proposal) -> None:
    line.quantity, line.figures = proposal.quantity, proposal.figures
    line.supplier_sku, line.unit_cost = proposal.rule.supplier_sku, proposal.rule.unit_cost
    line.save()


def _number() -> str:
    return f"PO-{secrets.token_hex(4).upper()}"
