/*
description = "The order facts by day (UTC), kind and currency, to be compared with the order ledger."
scope = ["staff"]

[columns]
day = { type = "Date", description = "The day (UTC)." }
kind = { type = "String", description = "SALE, CANCEL, RETURN or REFUND." }
currency = { type = "String", description = "ISO 4217." }
movements = { type = "UInt64", description = "The number of movements." }
units = { type = "Int64", description = "The sum of their units." }
amount = { type = "Decimal(38, 4)", description = "The sum of their amounts." }
checksum = { type = "Int64", description = "A sum over the movements that changes if the values of two are exchanged." }
*/
SELECT
    toDate(occurred_at) AS day,
    toString(kind) AS kind,
    currency,
    count() AS movements,
    sum(quantity) AS units,
    sum(order_facts.amount) AS amount,
    -- As backend/analytics/reconciliation/totals.py computes it from the ledger.
    sum(
        ((toInt64(movement_id) % 1000003) + 1)
        * ((
            toInt64(order_id) * 7
            + toInt64(product_id) * 11
            + quantity * 13
            + toInt64(toDecimal128(order_facts.amount, 4) * 10000) * 17
        ) % 1000003)
        % 1000003
    ) AS checksum
FROM order_facts FINAL
GROUP BY day, kind, currency
ORDER BY day, kind, currency
