/*
description = """
What each customer with an account is expected to buy in the next horizon_days, from the purchases between start_date and
end_date (by default, the day of the last sale to any customer), in each currency. A purchase is a day on which the
customer bought something. The model is empirical Bayes: a customer buys at a constant rate, rates are distributed as
Gamma, and the mean value of a purchase is shrunk to the mean of all customers by its credibility (Buehlmann). Both are
estimated by the method of moments. It has no seasons and no churn: choose a start_date about a year before end_date.
docs/decisions/customer-value.md has the formulas and how well they predicted half a year."""
scope = ["staff"]

[parameters]
start_date = "shared"
end_date = "shared"

[parameters.horizon_days]
type = "UInt64"
default = 365
minimum = 1
maximum = 3650
description = "How many days after the period are predicted."

[parameters.limit]
type = "UInt64"
default = 1000
minimum = 1
maximum = 100000
description = "The maximum number of rows, the highest expected_net first."

[columns]
customer_key = { type = "UUID", description = "The customer's random key." }
purchases = { type = "UInt64", description = "Days on which the customer bought something." }
known_days = { type = "UInt64", description = "Days from the first purchase to the end of the period." }
net = { type = "Decimal(38, 4)", description = "Sales less cancellations and returns in the period, without tax." }
expected_purchases = { type = "Float64", description = "Purchases expected in horizon_days." }
expected_value = { type = "Float64", description = "The expected value of a purchase, after the share that all customers cancel and return." }
expected_net = { type = "Decimal(38, 4)", description = "expected_purchases * expected_value, rounded: an estimate." }
currency = { type = "String", description = "ISO 4217." }
*/
WITH
    by_day AS
    (
        SELECT
            customer_key, currency,
            toDate(occurred_at, {time_zone:String}) AS day,
            sumIf(amount, kind = 'SALE') AS sales,
            sum(if(kind = 'SALE', amount, -amount)) AS net,
            countIf(kind = 'SALE') > 0 AS is_purchase
        FROM order_facts FINAL
        WHERE kind IN ('SALE', 'CANCEL', 'RETURN')
          AND customer_key != toUUID('00000000-0000-0000-0000-000000000000')
          AND toDate(occurred_at, {time_zone:String}) BETWEEN {start_date:Date} AND {end_date:Date}
        GROUP BY customer_key, currency, day
    ),
    customers AS
    (
        SELECT
            customer_key, currency,
            countIf(is_purchase) AS purchases,
            minIf(day, is_purchase) AS first_day,
            maxIf(day, is_purchase) AS last_day,
            sum(by_day.net) AS net,
            toFloat64(sum(sales)) AS total,
            sum(pow(toFloat64(sales), 2)) AS squares
        FROM by_day
        GROUP BY customer_key, currency
        HAVING purchases > 0
    ),
    timed AS
    (
        SELECT
            *,
            purchases - 1 AS repeats,
            toInt64(if({end_date:Date} = toDate('2149-06-04'), max(last_day) OVER (), {end_date:Date}) - first_day) AS days
        FROM customers
    ),
    summed AS
    (
        SELECT
            *,
            count() OVER same AS n,
            sum(purchases) OVER same AS all_purchases,
            toFloat64(sum(repeats) OVER same) AS sum_x,
            toFloat64(sum(days) OVER same) AS sum_t,
            sum(pow(repeats, 2)) OVER same AS sum_xx,
            sum(toFloat64(repeats) * days) OVER same AS sum_xt,
            sum(pow(days, 2)) OVER same AS sum_tt,
            sum(pow(purchases, 2)) OVER same AS sum_pp,
            sum(total) OVER same AS sum_total,
            sum(squares) OVER same AS sum_squares,
            sum(pow(total, 2) / purchases) OVER same AS sum_of_means,
            avg(total / purchases) OVER same AS mean_value,
            greatest(0, toFloat64(sum(net) OVER same)) / sum_total AS kept_share
        FROM timed
        WINDOW same AS (PARTITION BY currency)
    ),
    estimated AS
    (
        SELECT
            *,
            -- The mean and the variance of the rates of purchases a day.
            if(sum_t = 0, 0, sum_x / sum_t) AS mean_rate,
            if(sum_tt = 0, 0, greatest(0, (sum_xx - 2 * mean_rate * sum_xt + pow(mean_rate, 2) * sum_tt - mean_rate * sum_t) / sum_tt))
                AS rate_variance,
            if(mean_rate = 0, 0, (repeats * rate_variance + pow(mean_rate, 2)) / (days * rate_variance + mean_rate)) AS rate,
            -- The variances of the values of purchases, of one customer and between customers.
            if(all_purchases = n, 0, greatest(0, (sum_squares - sum_of_means) / (all_purchases - n))) AS within,
            if(n < 2 OR all_purchases = n, 0, greatest(
                0, (sum_of_means - pow(sum_total, 2) / all_purchases - (n - 1) * within) / (all_purchases - sum_pp / all_purchases)
            )) AS between_customers,
            if(between_customers = 0, 0, purchases * between_customers / (purchases * between_customers + within)) AS credibility
        FROM summed
    )
SELECT
    customer_key,
    purchases,
    toUInt64(days) AS known_days,
    net,
    rate * {horizon_days:UInt64} AS expected_purchases,
    kept_share * (credibility * total / purchases + (1 - credibility) * mean_value) AS expected_value,
    CAST(round(expected_purchases * expected_value, 4), 'Decimal(38, 4)') AS expected_net,
    currency
FROM estimated
ORDER BY currency, expected_net DESC, customer_key
LIMIT {limit:UInt64}
