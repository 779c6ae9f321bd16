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
WITH toUUID('00000000-0000-0000-0000-000000000000') AS nil,
facts AS
(
    SELECT *
    FROM order_facts FINAL
    WHERE kind IN ('SALE', 'CANCEL', 'RETURN')
      AND toDate(occurred_at, {time_zone:String}) BETWEEN {start_date:Date} AND {end_date:Date}
),
claims AS
(
    SELECT DISTINCT exposure_id, toDate(UUIDv7ToDateTime(exposure_id, 'UTC')) AS day
    FROM facts
    WHERE exposure_id != nil
),
lists AS
(
    SELECT event_id, occurred_at, shopper_key, product_ids, rule_ids, pinned_ids, pinned_by
    FROM events FINAL
    WHERE day IN (SELECT day FROM claims)
      AND type = 'exposure'
      AND event_id IN (SELECT exposure_id FROM claims)
      AND shopper_key != nil
),
movements AS
(
    SELECT
        facts.kind AS kind,
        facts.amount AS amount,
        facts.quantity AS quantity,
        facts.order_id AS order_id,
        facts.currency AS currency,
        has(lists.product_ids, facts.product_id)
            AND lists.occurred_at <= facts.cart_added_at
            AND if(shown_to.account_key != nil, shown_to.account_key, lists.shopper_key)
                = if(bought_by.account_key != nil, bought_by.account_key, facts.shopper_key) AS credited,
        arrayJoin(if(credited AND notEmpty(lists.rule_ids), lists.rule_ids, [toUInt64(0)])) AS rule,
        credited AND rule != 0
            AND has(lists.pinned_ids, facts.product_id)
            AND lists.pinned_by[indexOf(lists.pinned_ids, facts.product_id)] = rule AS is_pinned
    FROM facts
    LEFT JOIN lists ON facts.exposure_id = lists.event_id
    LEFT JOIN shopper_identities AS shown_to ON lists.shopper_key = shown_to.anonymous_key
    LEFT JOIN shopper_identities AS bought_by ON facts.shopper_key = bought_by.anonymous_key
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
