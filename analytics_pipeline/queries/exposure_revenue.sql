/*
description = """
The revenue of each query, recommendation slot or other list. The row without a surface is the revenue that is
credited to no list. A movement is credited if its product was in the list that it names, and that list was
shown to this shopper, logged in or earlier as a guest, before the product was added to the cart."""
scope = ["staff"]

[parameters]
start_date = "shared"
end_date = "shared"

[columns]
surface = { type = "String", description = "search, category, recommendations …; empty for revenue that is not credited." }
query = { type = "String", description = "The search query, in lower case." }
slot = { type = "String", description = "The slot in which recommendations were shown." }
algorithm = { type = "String", description = "The algorithm that made the list." }
units = { type = "Int64", description = "Units that were sold." }
orders = { type = "UInt64", description = "Orders that were confirmed." }
gross = { type = "Decimal(38, 4)", description = "Amount of the sales." }
returns = { type = "Decimal(38, 4)", description = "Amount of the cancellations and returns." }
revenue = { type = "Decimal(38, 4)", description = "gross - returns." }
currency = { type = "String", description = "ISO 4217." }
*/
SELECT
    surface,
    query,
    slot,
    algorithm,
    sumIf(quantity, kind = 'SALE') AS units,
    uniqExactIf(order_id, kind = 'SALE') AS orders,
    sumIf(amount, kind = 'SALE') AS gross,
    sumIf(amount, kind IN ('CANCEL', 'RETURN')) AS returns,
    gross - returns AS revenue,
    currency
FROM credited_movements(start_date = {start_date:Date}, end_date = {end_date:Date}, time_zone = {time_zone:String})
GROUP BY surface, query, slot, algorithm, currency
ORDER BY surface = '', revenue DESC, surface, query, slot, algorithm, currency
