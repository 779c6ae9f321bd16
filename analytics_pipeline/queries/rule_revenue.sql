/*
description = """
The revenue of each query rule: that of the lists which it changed, and that of the products in them which it
pinned. Revenue is credited to a list as in `exposure_revenue`. If several rules changed a list, each of them is
credited with it, but only one of them pinned a product. Rule 0 has the revenue that is credited to no rule."""
scope = ["staff"]

[parameters]
start_date = "shared"
end_date = "shared"

[columns]
rule = { type = "UInt64", description = "The id of the rule; 0 for revenue that no rule is credited with." }
units = { type = "Int64", description = "Units that were sold." }
orders = { type = "UInt64", description = "Orders that were confirmed." }
gross = { type = "Decimal(38, 4)", description = "Amount of the sales." }
returns = { type = "Decimal(38, 4)", description = "Amount of the cancellations and returns." }
revenue = { type = "Decimal(38, 4)", description = "gross - returns." }
pinned_units = { type = "Int64", description = "Units sold of products that the rule had pinned in the list." }
pinned_revenue = { type = "Decimal(38, 4)", description = "The part of the revenue that is of these products." }
currency = { type = "String", description = "ISO 4217." }
*/
WITH movements AS
(
    SELECT
        kind,
        amount,
        quantity,
        order_id,
        currency,
        arrayJoin(if(empty(rule_ids), [toUInt64(0)], rule_ids)) AS rule,
        has(pinned_ids, product_id) AND pinned_by[indexOf(pinned_ids, product_id)] = rule AS is_pinned
    FROM credited_movements(start_date = {start_date:Date}, end_date = {end_date:Date}, time_zone = {time_zone:String})
)
SELECT
    rule,
    sumIf(quantity, kind = 'SALE') AS units,
    uniqExactIf(order_id, kind = 'SALE') AS orders,
    sumIf(amount, kind = 'SALE') AS gross,
    sumIf(amount, kind IN ('CANCEL', 'RETURN')) AS returns,
    gross - returns AS revenue,
    sumIf(quantity, kind = 'SALE' AND is_pinned) AS pinned_units,
    sumIf(amount, kind = 'SALE' AND is_pinned)
        - sumIf(amount, kind IN ('CANCEL', 'RETURN') AND is_pinned) AS pinned_revenue,
    currency
FROM movements
GROUP BY rule, currency
ORDER BY rule = 0, revenue DESC, rule, currency
