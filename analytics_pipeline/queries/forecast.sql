/*
description = """
How many units are expected to be sold in the next `weeks`, and their amount, for each product, category, brand or seller.
Sales are summed by weeks, which end with end_date (by default, the day of the last sale). The expected sales of a week are the
mean of all weeks since the first sale, in which the weight of a week halves every half_life_weeks. The interval has the middle
80 % of the differences between the forecasts that would have been made earlier and what was sold then, in units of the
standard deviation that was expected for each, over all parts and weeks. There is no trend and no season of the year.
docs/decisions/forecast.md has the formulas, and how well they predicted a year."""
scope = ["staff", "seller"]

[parameters]
start_date = "shared"
end_date = "shared"
level = "shared"

[parameters.breakdown]
type = "String"
default = "product"
choices = ["none", "product", "category", "brand", "seller"]
description = "The property of what was sold that divides the rows."

[parameters.weeks]
type = "UInt64"
default = 4
minimum = 1
maximum = 26
description = "How many weeks after the period are predicted."

[parameters.half_life_weeks]
type = "UInt64"
default = 3
minimum = 1
maximum = 104
description = "After how many weeks the weight of a week is half."

[parameters.limit]
type = "UInt64"
default = 1000
minimum = 1
maximum = 100000
description = "The maximum number of rows, the highest expected gross first."

[columns]
part = { type = "String", description = "The product's id, category's path, brand or seller's id." }
title = { type = "String", description = "With breakdown=product: the title of the product at present." }
known_weeks = { type = "UInt64", description = "Weeks from the one with the first sale to the end of the period, at most 520." }
last_units = { type = "Int64", description = "Units that were sold in the last `weeks` weeks of the period." }
units = { type = "Float64", description = "Expected units." }
units_low = { type = "Float64", description = "The lower end of the 80 % interval of the units." }
units_high = { type = "Float64", description = "Its upper end." }
last_gross = { type = "Decimal(38, 4)", description = "Amount of the sales in the last `weeks` weeks, without tax." }
gross = { type = "Decimal(38, 4)", description = "The expected amount, rounded: an estimate." }
gross_low = { type = "Decimal(38, 4)", description = "The lower end of the 80 % interval of the amount." }
gross_high = { type = "Decimal(38, 4)", description = "Its upper end." }
past_forecasts = { type = "UInt64", description = "Earlier forecasts of all parts that the intervals are made from. With fewer than 200, they are at least as wide as those of a normal distribution." }
currency = { type = "String", description = "ISO 4217." }
*/
WITH
    pow(0.5, 1 / {half_life_weeks:UInt64}) AS decay,
    facts AS
    (
        SELECT
            quantity, amount, toString(currency) AS currency, product_id,
            toDate(occurred_at, {time_zone:String}) AS day,
            multiIf(
                {breakdown:String} = 'product', toString(product_id),
                {breakdown:String} = 'category',
                arrayStringConcat(arraySlice(splitByString(' > ', toString(category_path)), 1, {level:UInt64}), ' > '),
                {breakdown:String} = 'brand', toString(brand),
                {breakdown:String} = 'seller', toString(seller_id),
                ''
            ) AS part
        FROM order_facts FINAL
        WHERE kind = 'SALE'
          AND ({seller:UInt64} = 0 OR seller_id = {seller:UInt64})
          AND toDate(occurred_at, {time_zone:String}) BETWEEN {start_date:Date} AND {end_date:Date}
    ),
    -- Sales by whole weeks. `age` 0 is the last week.
    weekly AS
    (
        SELECT part, currency, age, sum(quantity) AS units, sum(amount) AS gross
        FROM
        (
            SELECT
                *,
                if({end_date:Date} = toDate('2149-06-04'), max(day) OVER (), {end_date:Date}) AS last_day,
                if({start_date:Date} = toDate('1970-01-02'), min(day) OVER (), {start_date:Date}) AS first_day,
                intDiv(last_day - day, 7) AS age
            FROM facts
        )
        WHERE age < least(520, intDiv(last_day - first_day + 1, 7))
        GROUP BY part, currency, age
    ),
    series AS
    (
        SELECT
            part, currency,
            max(age) + 1 AS known,
            sumIf(weekly.units, age < {weeks:UInt64}) AS last_units,
            sumIf(weekly.gross, age < {weeks:UInt64}) AS last_gross,
            CAST((groupArray(age), groupArray(toFloat64(weekly.units))), 'Map(Int64, Float64)') AS units_at,
            CAST((groupArray(age), groupArray(toFloat64(weekly.gross))), 'Map(Int64, Float64)') AS gross_at
        FROM weekly
        GROUP BY part, currency
    ),
    -- For each series of units and of amounts, the expected sales and their standard deviation after each week.
    estimated AS
    (
        SELECT
            part, currency, known, last_units, last_gross, is_gross,
            range(known) AS weeks_of,
            arrayMap(week -> if(is_gross, gross_at, units_at)[known - 1 - week], weeks_of) AS sold,
            arrayMap(week -> units_at[known - 1 - week], weeks_of) AS units_sold,
            -- Sums in which the weight of week s is decay ^ (week - s), and of its squares.
            arrayMap(week -> (1 - pow(decay, week + 1)) / (1 - decay), weeks_of) AS weights,
            arrayMap(week -> (1 - pow(decay, 2 * (week + 1))) / (1 - pow(decay, 2)), weeks_of) AS squared_weights,
            arrayMap((total, weight, week) -> total * pow(decay, week) / weight, arrayCumSum(
                (x, week) -> x * pow(decay, -week), sold, weeks_of
            ), weights, weeks_of) AS means,
            arrayMap((total, weight, week) -> total * pow(decay, week) / weight, arrayCumSum(
                (x, week) -> x * x * pow(decay, -week), sold, weeks_of
            ), weights, weeks_of) AS squares,
            arrayMap((total, weight, week) -> total * pow(decay, week) / weight, arrayCumSum(
                (x, week) -> x * pow(decay, -week), units_sold, weeks_of
            ), weights, weeks_of) AS unit_means,
            arrayMap(
                (mean, square, unit_mean, weight, squared) -> sqrt(
                    {weeks:UInt64} * greatest(
                        -- The variance of Poisson sales, for as many units as are expected.
                        if(unit_mean > 0, mean * mean / unit_mean, 0),
                        if(weight * weight - squared > 1e-9, (square - mean * mean) * weight * weight / (weight * weight - squared), 0)
                    ) * (1 + {weeks:UInt64} * squared / (weight * weight))
                ),
                means, squares, unit_means, weights, squared_weights
            ) AS deviations,
            arrayCumSum(sold) AS cumulated,
            arrayFilter(error -> isFinite(error), arrayMap(
                week -> (cumulated[week + 1 + {weeks:UInt64}] - cumulated[week + 1] - {weeks:UInt64} * means[week + 1])
                    / deviations[week + 1],
                range(toUInt64(greatest(0, toInt64(known) - toInt64({weeks:UInt64}))))
            )) AS errors
        FROM series
        ARRAY JOIN [false, true] AS is_gross
    ),
    predicted AS
    (
        SELECT
            part, currency, known, last_units, last_gross, is_gross,
            sum(length(errors)) OVER same AS tried,
            -- The quantiles of all earlier errors.
            quantilesExactInclusiveArray(0.1, 0.9)(errors) OVER same AS ends,
            {weeks:UInt64} * means[-1] AS expected,
            if(tried < 200, least(-1.2816, ifNotFinite(ends[1], 0)), ends[1]) AS lower,
            if(tried < 200, greatest(1.2816, ifNotFinite(ends[2], 0)), ends[2]) AS upper,
            greatest(0, expected + lower * deviations[-1]) AS low,
            greatest(0, expected + upper * deviations[-1]) AS high
        FROM estimated
        WINDOW same AS (PARTITION BY is_gross, currency)
    )
SELECT
    part,
    titles.title AS title,
    known_weeks,
    last_units,
    units,
    units_low,
    units_high,
    last_gross,
    gross,
    gross_low,
    gross_high,
    past_forecasts,
    currency
FROM
(
    SELECT
        part,
        currency,
        toUInt64(any(known)) AS known_weeks,
        any(predicted.last_units) AS last_units,
        any(predicted.last_gross) AS last_gross,
        round(anyIf(expected, NOT is_gross), 4) AS units,
        round(anyIf(low, NOT is_gross), 4) AS units_low,
        round(anyIf(high, NOT is_gross), 4) AS units_high,
        CAST(round(anyIf(expected, is_gross), 4), 'Decimal(38, 4)') AS gross,
        CAST(round(anyIf(low, is_gross), 4), 'Decimal(38, 4)') AS gross_low,
        CAST(round(anyIf(high, is_gross), 4), 'Decimal(38, 4)') AS gross_high,
        any(tried) AS past_forecasts
    FROM predicted
    GROUP BY part, currency
) AS totals
LEFT JOIN
(
    SELECT toString(product_id) AS part, title
    FROM products FINAL
    WHERE {breakdown:String} = 'product'
) AS titles USING (part)
ORDER BY currency, gross DESC, part
LIMIT {limit:UInt64}
