/*
description = "The order facts by month (UTC), kind and currency, to be compared with the order ledger."
scope = ["staff"]

[columns]
month = { type = "String", description = "2026-01." }
kind = { type = "String", description = "SALE, CANCEL, RETURN or REFUND." }
currency = { type = "String", description = "ISO 4217." }
movements = { type = "UInt64", description = "The number of movements." }
units = { type = "Int64", description = "The sum of their units." }
amount = { type = "Decimal(38, 4)", description = "The sum of their amounts." }
*/
SELECT
    formatDateTime(occurred_at, '%Y-%m', 'UTC') AS month,
    toString(kind) AS kind,
    currency,
    count() AS movements,
    sum(quantity) AS units,
    sum(amount) AS amount
FROM order_facts FINAL
GROUP BY month, kind, currency
ORDER BY month, kind, currency
