-- The revenue that lists of recommendations are credited with (`credited_movements`), net of cancellations and returns:
-- one row for each list, product and currency.
SELECT
    toString(list_id) AS list_id,
    product_id,
    toString(currency) AS currency,
    toFloat64(sumIf(amount, kind = 'SALE') - sumIf(amount, kind != 'SALE')) AS revenue
FROM credited_movements(start_date = {start_date:Date}, end_date = {end_date:Date}, time_zone = {time_zone:String})
WHERE credited AND surface = 'recommendations' AND slot = {slot:String}
GROUP BY list_id, product_id, currency
ORDER BY list_id, product_id, currency
