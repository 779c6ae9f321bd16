/*
description = """
The revenue of each query rule: that of the lists which it changed, and that of the products in them which it
pinned. Revenue is credited to lists as in `exposure_revenue`. If several rules changed a list, each of them is
credited with it, but only one of them pinned a product. Rule 0 has the revenue that is credited to no rule."""
scope = ["staff"]

[parameters]
start_date = "shared"
end_date = "shared"
credit = "shared"
window_days = "shared"

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
    -- Several parts of a movement may have the same rule, which then has its units once.
    SELECT
        kind,
        sum(amount) AS credited_amount,
        sumIf(amount, is_pinned_here) AS pinned_amount,
        max(is_pinned_here) AS is_pinned,
        any(quantity) AS quantity,
        order_id,
        currency,
        rule
    FROM
    (
        SELECT
            *,
            arrayJoin(if(empty(rule_ids), [toUInt64(0)], rule_ids)) AS rule,
            has(pinned_ids, product_id) AND pinned_by[indexOf(pinned_ids, product_id)] = rule AS is_pinned_here
        FROM
            -- With `named`, the parts are the movements, whose own view ClickHouse analyses in a third of the time.
            /* only credit != named */
            credited_parts(
                start_date = {start_date:Date}, end_date = {end_date:Date}, time_zone = {time_zone:String},
                credit = {credit:String}, window_days = {window_days:UInt64}
            )
            /* else (
                SELECT
                    rule_ids, pinned_ids, pinned_by, product_id, toString(currency) AS currency, toString(kind) AS kind,
                    order_id, movement_id, quantity, toDecimal128(amount, 4) AS amount
                FROM credited_movements(
                    start_date = {start_date:Date}, end_date = {end_date:Date}, time_zone = {time_zone:String}
                )
            ) */
    )
    GROUP BY movement_id, kind, order_id, currency, rule
)
SELECT
    rule,
    sumIf(quantity, kind = 'SALE') AS units,
    uniqExactIf(order_id, kind = 'SALE') AS orders,
    sumIf(credited_amount, kind = 'SALE') AS gross,
    sumIf(credited_amount, kind IN ('CANCEL', 'RETURN')) AS returns,
    gross - returns AS revenue,
    sumIf(quantity, kind = 'SALE' AND is_pinned) AS pinned_units,
    sumIf(pinned_amount, kind = 'SALE') - sumIf(pinned_amount, kind IN ('CANCEL', 'RETURN')) AS pinned_revenue,
    currency
FROM movements
GROUP BY rule, currency
ORDER BY rule = 0, revenue DESC, rule, currency
