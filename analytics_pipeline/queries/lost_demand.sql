/*
description = """
An estimate of what shoppers would have bought of variants while these were out of stock, with an interval. A variant's
rate is the number of its sale lines between start_date less baseline_days and end_date, in proportion to the traffic
while it was in stock, shrunk to the rates of all variants (empirical Bayes). A shopper who bought something else instead is
counted as lost. Money is sales at the variant's mean amount without tax, before cancellations and returns.
docs/decisions/lost-demand.md has the formulas, and how well they estimate."""
scope = ["staff", "seller"]

[parameters]
start_date = "shared"
end_date = "shared"
level = "shared"
category = "shared"
brand = "shared"
product = "shared"

[parameters.group_by]
type = "String"
default = "none"
choices = ["none", "day", "week", "month"]
description = "The length of a period; none for one row from start_date to end_date."

[parameters.breakdown]
type = "String"
default = "none"
choices = ["none", "category", "brand", "seller", "product", "variant"]
description = "The property, at present, that divides the rows of a period."

[parameters.weight]
type = "String"
default = "traffic"
choices = ["traffic", "views", "time"]
description = """
What time in and out of stock is weighted by: the views of all products in that quarter hour, those of the product itself
(fewer if lists put it last while it is out of stock), or nothing, for shops that don't record views."""

[parameters.baseline_days]
type = "UInt64"
default = 90
maximum = 3650
description = "How many days before start_date rates are estimated from, in addition to the range."

[parameters.confidence]
type = "String"
default = "80"
choices = ["50", "80", "90", "95"]
description = "In how many of 100 cases the interval contains what would have been sold."

[parameters.bots]
type = "String"
default = "exclude"
choices = ["exclude", "include", "only"]
description = "Whether views of known bots count in the weight, or only they."

[parameters.limit]
type = "UInt64"
default = 1000
minimum = 1
maximum = 100000
description = "The maximum number of rows, the highest lost_money of each period first."

[columns]
period = { type = "String", description = "2026-01-31, a week's Monday, or 2026-01; empty with group_by=none." }
part = { type = "String", description = "The category's path, brand, or the id of the seller, product or variant." }
title = { type = "String", description = "With breakdown=product or variant: the title of the product at present." }
variants = { type = "UInt64", description = "Variants that were out of stock." }
hours = { type = "Float64", description = "Hours in which they were out of stock, added up." }
lost_units = { type = "Float64", description = "Units that would have been sold: the mean." }
lost_units_low = { type = "UInt64", description = "The lower end of the interval." }
lost_units_high = { type = "UInt64", description = "The upper end of the interval." }
lost_money = { type = "Decimal(38, 4)", description = "What they would have been sold for: the mean." }
lost_money_low = { type = "Decimal(38, 4)", description = "The lower end of the interval." }
lost_money_high = { type = "Decimal(38, 4)", description = "The upper end of the interval." }
currency = { type = "String", description = "ISO 4217." }
*/
WITH
    toDateTime64({start_date:Date}, 3, {time_zone:String}) AS range_begin,
    least(toDateTime64({end_date:Date} + 1, 3, {time_zone:String}), now64(3)) AS range_end,
    toDateTime64(toDate(greatest(0, toInt32({start_date:Date}) - toInt32({baseline_days:UInt64}))), 3, {time_zone:String})
        AS baseline_begin,
    transform({confidence:String}, ['50', '80', '90', '95'], [0.6744898, 1.2815516, 1.6448536, 1.959964], 0.) AS z,
    -- The grid of priors: 10 shapes, and 19 mean rates as multiples of the ratio of all lines to all exposure.
    arrayMap(n -> pow(2., toFloat64(intDiv(n, 19)) - 4), range(190)) AS shapes,
    arrayMap(n -> exp(toFloat64(n % 19) / 10 - 0.5), range(190)) AS multiples,
    -- The views until each quarter hour, and in it: of all products (key 0), or of each.
    traffic AS
    (
        SELECT
            if({weight:String} = 'views', product_id, 0) AS key,
            toDateTime64(quarter, 3, 'UTC') AS quarter_at,
            toFloat64(sum(views)) AS in_quarter,
            sum(in_quarter) OVER (PARTITION BY key ORDER BY quarter_at) - in_quarter AS before
        FROM product_interest(dirty_days = {product_interest_dirty:Array(Date)})
        WHERE {weight:String} != 'time'
          AND day BETWEEN toDate32(baseline_begin) - 8 AND toDate32({end_date:Date}) + 8
          AND ({bots:String} = 'include' OR is_bot = ({bots:String} = 'only'))
          AND views > 0
        GROUP BY key, quarter_at
    ),
    if({weight:String} = 'time', baseline_begin, (SELECT min(quarter_at) FROM traffic)) AS known_since,
    -- Time in stock, and time out of stock in the range, which is divided into periods.
    pieces AS
    (
        SELECT
            product_id, variant_id, was_out,
            arrayJoin(if(
                NOT was_out OR {group_by:String} = 'none',
                [toDate32(0)],
                arrayDistinct(arrayMap(
                    number -> multiIf(
                        {group_by:String} = 'month', toDate32(toStartOfMonth(toDate32(number))),
                        {group_by:String} = 'week', toDate32(toMonday(toDate32(number))),
                        toDate32(number)
                    ),
                    range(
                        toUInt32(toDate32(begin_at, {time_zone:String})),
                        toUInt32(toDate32(end_at - INTERVAL 1 MILLISECOND, {time_zone:String})) + 1
                    )
                ))
            )) AS first_day,
            first_day = toDate32(0) AS is_whole,
            if(is_whole, begin_at, greatest(begin_at, toDateTime64(first_day, 3, {time_zone:String}))) AS first_at,
            if(is_whole, end_at, least(end_at, toDateTime64(
                multiIf({group_by:String} = 'month', addMonths(first_day, 1), {group_by:String} = 'week', first_day + 7, first_day + 1),
                3,
                {time_zone:String}
            ))) AS last_at
        FROM
        (
            SELECT
                product_id, unit_id AS variant_id, is_out AS was_out,
                greatest(began_at, if(is_out, range_begin, baseline_begin)) AS begin_at,
                least(ended_at, range_end) AS end_at
            FROM stock_periods(
                unit = 'variant', seller = {seller:UInt64}, product = {product:UInt64}, brand = {brand:String},
                category = {category:String}
            )
            WHERE begin_at < end_at
        )
    ),
    edges AS
    (
        SELECT
            product_id, variant_id, was_out, first_day,
            arrayJoin([(first_at, -1), (last_at, 1)]) AS edge,
            edge.1 AS at,
            edge.2 AS sign,
            toUnixTimestamp64Milli(at) / 1000 AS seconds,
            if({weight:String} = 'views', product_id, 0) AS key
        FROM pieces
    ),
    weighted AS
    (
        SELECT
            edges.product_id AS product_id,
            edges.variant_id AS variant_id,
            edges.was_out AS was_out,
            edges.first_day AS first_day,
            sum(edges.sign * edges.seconds) / 3600 AS hours,
            greatest(0, sum(edges.sign * if(
                {weight:String} = 'time',
                edges.seconds,
                traffic.before + traffic.in_quarter
                    * least(1, dateDiff('millisecond', traffic.quarter_at, edges.at) / 900000)
            ))) AS exposure
        FROM edges
        ASOF LEFT JOIN traffic ON edges.key = traffic.key AND edges.at >= traffic.quarter_at
        GROUP BY product_id, variant_id, was_out, first_day
    ),
    exposed AS
    (
        SELECT
            product_id, variant_id,
            sumIf(exposure, NOT was_out) AS in_stock,
            groupArrayIf((first_day, hours, exposure), was_out) AS out_of_stock
        FROM weighted
        GROUP BY product_id, variant_id
    ),
    sold AS
    (
        SELECT variant_id, groupArray((toString(currency), lines, units, squares, amount)) AS sales
        FROM
        (
            SELECT
                variant_id, currency,
                toFloat64(count()) AS lines,
                toFloat64(sum(quantity)) AS units,
                sum(pow(quantity, 2)) AS squares,
                toFloat64(sum(amount)) AS amount
            FROM order_facts FINAL
            WHERE kind = 'SALE'
              AND occurred_at >= greatest(baseline_begin, known_since) AND occurred_at < range_end
              AND ({seller:UInt64} = 0 OR seller_id = {seller:UInt64})
            GROUP BY variant_id, currency
        )
        GROUP BY variant_id
    ),
    -- Each variant in the currency of its product and in those in which it was sold.
    variants AS
    (
        SELECT
            exposed.variant_id AS variant_id,
            exposed.in_stock AS in_stock,
            exposed.out_of_stock AS out_of_stock,
            multiIf(
                {breakdown:String} = 'category',
                arrayStringConcat(arraySlice(splitByString(' > ', toString(listed.category_path)), 1, {level:UInt64}), ' > '),
                {breakdown:String} = 'brand', toString(listed.brand),
                {breakdown:String} = 'seller', toString(listed.seller_id),
                {breakdown:String} = 'product', toString(listed.product_id),
                {breakdown:String} = 'variant', toString(exposed.variant_id),
                ''
            ) AS part,
            if({breakdown:String} IN ('product', 'variant'), listed.title, '') AS title,
            toFloat64(listed.price) AS price,
            arrayJoin(if(
                arrayExists(sale -> sale.1 = toString(listed.currency), sold.sales),
                sold.sales,
                arrayPushBack(sold.sales, (toString(listed.currency), 0., 0., 0., 0.))
            )) AS sale,
            sale.1 AS currency,
            sale.2 AS lines,
            sale.3 AS units,
            sale.4 AS squares,
            sale.5 AS amount
        FROM exposed
        INNER JOIN (SELECT * FROM products FINAL) AS listed ON exposed.product_id = listed.product_id
        LEFT JOIN sold ON exposed.variant_id = sold.variant_id
    ),
    rated AS
    (
        SELECT
            *,
            sum(lines) OVER same AS all_lines,
            all_lines / sum(in_stock) OVER same AS mean_rate,
            if(lines > 0, units / lines, sum(units) OVER same / all_lines) AS units_a_line,
            if(lines > 0, squares / lines, sum(squares) OVER same / all_lines) AS squares_a_line,
            if(lines > 0, amount / units, price) AS amount_a_unit
        FROM variants
        WINDOW same AS (PARTITION BY currency)
    ),
    likely AS
    (
        SELECT
            *,
            sumForEach(arrayMap(
                (shape, multiple) ->
                    lgamma(shape + lines) - lgamma(shape) + shape * log(shape / (multiple * mean_rate))
                    - (shape + lines) * log(shape / (multiple * mean_rate) + in_stock),
                shapes, multiples
            )) OVER (PARTITION BY currency) AS likelihoods
        FROM rated
        WHERE all_lines > 0 AND isFinite(mean_rate)
    ),
    -- For each prior, the mean and the variance of the lost units of a variant in a period.
    lost AS
    (
        SELECT
            variant_id, part, title, currency, likelihoods, units_a_line, squares_a_line, amount_a_unit,
            arrayJoin(out_of_stock) AS piece,
            piece.1 AS first_day,
            piece.2 AS piece_hours,
            arrayMap(
                (shape, multiple) -> (shape + lines) / (shape / (multiple * mean_rate) + in_stock) * piece.3,
                shapes, multiples
            ) AS means,
            arrayMap(mean -> units_a_line * mean, means) AS mean_units,
            arrayMap(
                (mean, shape) -> squares_a_line * mean + pow(units_a_line * mean, 2) / (shape + lines), means, shapes
            ) AS variances
        FROM likely
    ),
    added AS
    (
        SELECT
            first_day, part, currency,
            any(lost.title) AS title,
            any(likelihoods) AS of_currency,
            uniqExact(variant_id) AS variants,
            sum(piece_hours) AS hours,
            sumForEach(mean_units) AS unit_means,
            sumForEach(variances) AS unit_variances,
            sumForEach(arrayMap(mean -> mean * amount_a_unit, mean_units)) AS money_means,
            sumForEach(arrayMap(variance -> variance * pow(amount_a_unit, 2), variances)) AS money_variances,
            -- The size of a line, so that bounds are whole lines.
            sum(means[1] * squares_a_line) / sum(means[1] * units_a_line) AS unit_step,
            sum(means[1] * squares_a_line * pow(amount_a_unit, 2)) / sum(means[1] * units_a_line * amount_a_unit) AS money_step
        FROM lost
        GROUP BY first_day, part, currency
    ),
    weighed AS
    (
        SELECT
            *,
            arrayMap(likelihood -> exp(likelihood - arrayMax(of_currency)), of_currency) AS relative,
            arrayMap(one -> one / arraySum(relative), relative) AS weights
        FROM added
    ),
    averaged AS
    (
        SELECT
            first_day, part, currency, title, variants, hours, unit_step, money_step,
            arraySum(arrayMap((w, mean) -> w * mean, weights, unit_means)) AS units,
            arraySum(arrayMap((w, mean) -> w * mean, weights, money_means)) AS money,
            arraySum(arrayMap((w, mean, variance) -> w * (variance + pow(mean, 2)), weights, unit_means, unit_variances))
                - pow(units, 2) AS units_variance,
            arraySum(arrayMap((w, mean, variance) -> w * (variance + pow(mean, 2)), weights, money_means, money_variances))
                - pow(money, 2) AS money_variance
        FROM weighed
    ),
    -- Quantiles of the Gamma distributions with these means and variances (Wilson and Hilferty 1931).
    bounded AS
    (
        SELECT
            *,
            1 / (9 * pow(units, 2) / units_variance) AS unit_spread,
            1 / (9 * pow(money, 2) / money_variance) AS money_spread,
            units * pow(greatest(0, 1 - unit_spread - z * sqrt(unit_spread)), 3) AS units_low,
            units * pow(greatest(0, 1 - unit_spread + z * sqrt(unit_spread)), 3) AS units_high,
            money * pow(greatest(0, 1 - money_spread - z * sqrt(money_spread)), 3) AS money_low,
            money * pow(greatest(0, 1 - money_spread + z * sqrt(money_spread)), 3) AS money_high
        FROM averaged
    )
SELECT
    multiIf(
        {group_by:String} = 'none', '',
        {group_by:String} = 'month', formatDateTime(first_day, '%Y-%m'),
        toString(first_day)
    ) AS period,
    part,
    title,
    variants,
    round(bounded.hours, 3) AS hours,
    if(units > 0, round(units, 4), 0) AS lost_units,
    if(units > 0, toUInt64(floor(floor(units_low / unit_step) * unit_step)), 0) AS lost_units_low,
    if(units > 0, toUInt64(ceil(ceil(units_high / unit_step) * unit_step)), 0) AS lost_units_high,
    CAST(if(money > 0, round(money, 4), 0), 'Decimal(38, 4)') AS lost_money,
    CAST(if(money > 0, round(floor(money_low / money_step) * money_step, 4), 0), 'Decimal(38, 4)') AS lost_money_low,
    CAST(if(money > 0, round(ceil(money_high / money_step) * money_step, 4), 0), 'Decimal(38, 4)') AS lost_money_high,
    currency
FROM bounded
ORDER BY period, lost_money DESC, part, currency
LIMIT {limit:UInt64}
