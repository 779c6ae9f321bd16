/*
description = """
Customers with an account in segments by recency, frequency and monetary value (RFM). recency is the days between the
last purchase and end_date (by default, the day of the last sale to any customer), frequency the orders, monetary the sales
less cancellations and returns, without tax. Each is scored from 1 to 5: 1 + floor(5 * k / n), where k of the n customers
in the currency have a strictly worse value. The scores of recency and frequency, R and F, determine the segment: champions
(R 5, F 4-5), loyal (R 3-4, F 4-5), potential_loyal (R 4-5, F 2-3), new (R 5, F 1), promising (R 4, F 1), need_attention (R 3,
F 3), about_to_sleep (R 3, F 1-2), cannot_lose (R 1-2, F 5), at_risk (R 1-2, F 3-4), hibernating (R 1-2, F 1-2)."""
scope = ["staff", "seller"]

[parameters]
start_date = "shared"
end_date = "shared"

[columns]
segment = { type = "String", description = "The segment; the description of the report defines them." }
customers = { type = "UInt64", description = "Customers in it; one counts in each currency in which they bought." }
share_of_customers = { type = "Float64", description = "Their share of all customers in the currency." }
recency_days = { type = "Float64", description = "The mean number of days since their last purchases." }
orders = { type = "UInt64", description = "Their orders." }
net = { type = "Decimal(38, 4)", description = "Their sales less cancellations and returns." }
net_per_customer = { type = "Decimal(38, 4)", description = "net / customers." }
monetary = { type = "Float64", description = "The mean of their monetary scores." }
currency = { type = "String", description = "ISO 4217." }
*/
SELECT
    segment,
    count() AS customers,
    customers / sum(count()) OVER (PARTITION BY currency) AS share_of_customers,
    avg(scores.recency_days) AS recency_days,
    sum(scores.orders) AS orders,
    sum(scores.net) AS net,
    CAST(round(toDecimal256(net, 6) / customers, 4), 'Decimal(38, 4)') AS net_per_customer,
    avg(scores.monetary) AS monetary,
    currency
FROM customer_scores(
    start_date = {start_date:Date}, end_date = {end_date:Date}, time_zone = {time_zone:String}, seller = {seller:UInt64}
) AS scores
GROUP BY segment, currency
ORDER BY currency, net DESC, segment
