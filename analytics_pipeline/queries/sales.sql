/*
description = """
Sales, and cancellations and returns, by period, currency and, with `breakdown`, by another property of what was sold.
Amounts are lines after discounts, without tax, shipping and charges. Cancellations and returns count in the period in
which they happened. The amounts and units of all parts of a breakdown add up to those without a breakdown."""
scope = ["staff", "seller"]

[parameters]
start_date = "shared"
end_date = "shared"
group_by = "shared"
level = "shared"
category = "shared"
brand = "shared"
product = "shared"

[parameters.breakdown]
type = "String"
default = "none"
choices = ["none", "category", "brand", "seller", "product", "country", "customer_type"]
description = "The property that divides the rows of a period."

[parameters.compare]
type = "String"
default = "none"
choices = ["none", "previous_period", "previous_year"]
description = """
An earlier range of days, whose figures are in the columns that begin with previous_. previous_period: as many days,
weeks or months earlier as there are between start_date and end_date, whose first and last count whole; it needs a
start_date. previous_year: the same dates a year earlier, 29 February as 28 February; 52 weeks earlier if periods are
weeks."""

[parameters.fill]
type = "String"
default = "none"
choices = ["none", "zero"]
description = """
zero: also the periods without sales, from start_date to end_date; of the defaults of both, from the first or to the last
period with sales."""

[parameters.country]
type = "String"
default = ""
description = "Only deliveries to this country."

[parameters.customer_type]
type = "String"
default = ""
choices = ["", "guest", "new", "returning"]
description = "Only this type of customers, as in the column part."

[columns]
period = { type = "String", description = "2026-01-31, a week's Monday, or 2026-01." }
units = { type = "Int64", description = "Units that were sold." }
gross = { type = "Decimal(38, 4)", description = "Amount of the sales." }
returns = { type = "Decimal(38, 4)", description = "Amount of the cancellations and returns." }
net = { type = "Decimal(38, 4)", description = "gross - returns." }
orders = { type = "UInt64", description = "Orders that were confirmed. An order with several parts counts in each." }
buyers = { type = "UInt64", description = "Customers with an account who bought something; in each part and period." }
currency = { type = "String", description = "ISO 4217." }
part = { type = "String", description = """
The category's path, brand, seller's id, product's id or country (empty if it is not known), or the type of the customer:
guest (without an account), new (the customer's first order, of a seller's products if it is a seller's report) or
returning. A return has the type of its order, and is returning if its order is not known.""" }
title = { type = "String", description = "With breakdown=product: the title of the product at present." }
discounts = { type = "Decimal(38, 4)", description = "Discounts of the sales without tax; gross + discounts is at list prices." }
tax = { type = "Decimal(38, 4)", description = "Tax on net." }
returned_units = { type = "Int64", description = "Units that were cancelled or returned." }
average_order = { type = "Decimal(38, 4)", description = "gross / orders; 0 without orders." }
previous_units = { type = "Int64", description = "units of the earlier period." }
previous_orders = { type = "UInt64", description = "orders of the earlier period." }
previous_net = { type = "Decimal(38, 4)", description = "net of the earlier period." }
change = { type = "Decimal(38, 4)", description = "net - previous_net; 0 without compare." }
*/
WITH
    toUUID('00000000-0000-0000-0000-000000000000') AS nil,
    {start_date:Date} AS start,
    {end_date:Date} AS end,
    -- The length of the range, in days, weeks or months that begin in the calendar.
    toInt32(multiIf(
        {group_by:String} = 'month', dateDiff('month', start, end) + 1,
        {group_by:String} = 'week', intDiv(toInt32(toMonday(end)) - toInt32(toMonday(start)), 7) + 1,
        dateDiff('day', start, end) + 1
    )) AS periods,
    -- At least as many days as the earlier range begins before the range.
    multiIf(
        {compare:String} = 'none', 0,
        {compare:String} = 'previous_year', 366,
        periods * multiIf({group_by:String} = 'month', 31, {group_by:String} = 'week', 7, 1)
    ) AS days_before,
    facts AS
    (
        SELECT
            kind, quantity, amount, discount, tax, order_id, customer_key, currency,
            toDate32(occurred_at, {time_zone:String}) AS day,
            multiIf(
                customer_key = nil, 'guest',
                order_id IN
                (
                    SELECT argMin(order_id, (occurred_at, order_id))
                    FROM order_facts FINAL
                    WHERE ({breakdown:String} = 'customer_type' OR {customer_type:String} != '')
                      AND kind = 'SALE' AND customer_key != nil
                      AND ({seller:UInt64} = 0 OR seller_id = {seller:UInt64})
                    GROUP BY customer_key
                ), 'new',
                'returning'
            ) AS customer_type,
            multiIf(
                {breakdown:String} = 'category',
                arrayStringConcat(arraySlice(splitByString(' > ', toString(category_path)), 1, {level:UInt64}), ' > '),
                {breakdown:String} = 'brand', toString(brand),
                {breakdown:String} = 'seller', toString(seller_id),
                {breakdown:String} = 'product', toString(product_id),
                {breakdown:String} = 'country', toString(country),
                {breakdown:String} = 'customer_type', customer_type,
                ''
            ) AS part
        FROM order_facts FINAL
        WHERE kind IN ('SALE', 'CANCEL', 'RETURN')
          AND ({seller:UInt64} = 0 OR seller_id = {seller:UInt64})
          AND ({product:UInt64} = 0 OR product_id = {product:UInt64})
          AND ({brand:String} = '' OR brand = {brand:String})
          AND ({country:String} = '' OR country = {country:String})
          AND ({category:String} = '' OR category_path = {category:String}
               OR startsWith(category_path, concat({category:String}, ' > ')))
          AND ({customer_type:String} = '' OR customer_type = {customer_type:String})
          AND occurred_at >= toDateTime64(toDate(greatest(0, toInt32(start) - days_before)), 3, 'UTC') - INTERVAL 1 DAY
          AND occurred_at < toDateTime64(end, 3, 'UTC') + INTERVAL 2 DAY
    ),
    -- Each movement on its day, and for a comparison also on the day that its day is compared with.
    shown AS
    (
        SELECT
            * EXCEPT (day, customer_type),
            arrayJoin(if(
                {compare:String} = 'none',
                [(0, day)],
                [(0, day), (1, multiIf(
                    {compare:String} = 'previous_year' AND {group_by:String} = 'week', day + 364,
                    {compare:String} = 'previous_year', addYears(day, 1),
                    {group_by:String} = 'month', addMonths(day, periods),
                    {group_by:String} = 'week', day + 7 * periods,
                    day + periods
                ))]
            )) AS place,
            place.1 AS is_earlier,
            toDate(place.2) AS shown_day,
            multiIf(
                {group_by:String} = 'month', toStartOfMonth(shown_day),
                {group_by:String} = 'week', toMonday(shown_day),
                shown_day
            ) AS first_day
        FROM facts
        WHERE place.2 BETWEEN start AND end
          AND (is_earlier = 0 OR {compare:String} = 'previous_year' OR day < start)
    ),
    sold AS
    (
        SELECT
            first_day, part, currency,
            sumIf(quantity, is_earlier = 0 AND kind = 'SALE') AS units,
            sumIf(quantity, is_earlier = 0 AND kind IN ('CANCEL', 'RETURN')) AS returned_units,
            sumIf(amount, is_earlier = 0 AND kind = 'SALE') AS gross,
            sumIf(amount, is_earlier = 0 AND kind IN ('CANCEL', 'RETURN')) AS returns,
            sumIf(discount, is_earlier = 0 AND kind = 'SALE') AS discounts,
            sumIf(if(kind = 'SALE', tax, -tax), is_earlier = 0) AS tax,
            uniqExactIf(order_id, is_earlier = 0 AND kind = 'SALE') AS orders,
            uniqExactIf(customer_key, is_earlier = 0 AND kind = 'SALE' AND customer_key != nil) AS buyers,
            sumIf(quantity, is_earlier = 1 AND kind = 'SALE') AS previous_units,
            uniqExactIf(order_id, is_earlier = 1 AND kind = 'SALE') AS previous_orders,
            sumIf(if(kind = 'SALE', amount, -amount), is_earlier = 1) AS previous_net
        FROM shown
        GROUP BY first_day, part, currency
    ),
    -- Each row with the days from which rows without sales follow from it: until the next row of its part, and before
    -- the first one.
    spread AS
    (
        SELECT
            *,
            if(start = toDate('1970-01-02'), min(first_day) OVER (), start) AS earliest,
            if(end = toDate('2149-06-04'), max(first_day) OVER (), end) AS latest,
            uniqExact((part, currency)) OVER () AS parts,
            row_number() OVER of_part AS place_in_part,
            leadInFrame(first_day) OVER of_part AS next_day,
            if(place_in_part = 1, toInt32(earliest), toInt32(first_day)) AS first_number,
            if(next_day = toDate(0), toInt32(latest) + 1, toInt32(next_day)) AS end_number
        FROM sold
        WINDOW of_part AS
            (PARTITION BY part, currency ORDER BY first_day ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
    ),
    filled AS
    (
        SELECT
            * EXCEPT (first_day),
            arrayJoin(if(
                {fill:String} = 'none',
                [first_day],
                arrayDistinct(arrayMap(
                    number -> multiIf(
                        {group_by:String} = 'month', toStartOfMonth(toDate(number)),
                        {group_by:String} = 'week', toMonday(toDate(number)),
                        toDate(number)
                    ),
                    range(first_number, end_number)
                ))
            )) AS shown_day,
            shown_day = first_day AS is_sold
        FROM spread
        WHERE {fill:String} = 'none' OR throwIf(
            parts * intDiv(latest - earliest, multiIf({group_by:String} = 'month', 28, {group_by:String} = 'week', 7, 1))
                > 1000000,
            'more than 1,000,000 periods of parts'
        ) = 0
    )
SELECT
    if({group_by:String} = 'month', formatDateTime(shown_day, '%Y-%m'), toString(shown_day)) AS period,
    filled.units * is_sold AS units,
    filled.gross * is_sold AS gross,
    filled.returns * is_sold AS returns,
    gross - returns AS net,
    filled.orders * is_sold AS orders,
    filled.buyers * is_sold AS buyers,
    currency,
    part,
    titles.title AS title,
    filled.discounts * is_sold AS discounts,
    filled.tax * is_sold AS tax,
    filled.returned_units * is_sold AS returned_units,
    CAST(round(if(orders = 0, toDecimal256(0, 6), toDecimal256(gross, 6) / orders), 4), 'Decimal(38, 4)') AS average_order,
    filled.previous_units * is_sold AS previous_units,
    filled.previous_orders * is_sold AS previous_orders,
    filled.previous_net * is_sold AS previous_net,
    if({compare:String} = 'none', CAST(0, 'Decimal(38, 4)'), net - previous_net) AS change
FROM filled
LEFT JOIN
(
    SELECT toString(product_id) AS part, title
    FROM products FINAL
    WHERE {breakdown:String} = 'product'
) AS titles USING (part)
ORDER BY period, part, currency
