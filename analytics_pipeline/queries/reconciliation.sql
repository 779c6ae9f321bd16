-- The order facts by month, kind and currency, to be compared with the order ledger.
-- scope: staff
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
