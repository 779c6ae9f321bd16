/*
description = """
The revenue of each query, recommendation slot or other list. The row without a surface is the revenue that is
credited to no list. By default, a movement is credited if its product was in the list that it names, and that list was
shown to this shopper, logged in or earlier as a guest, before the product was added to the cart. `credit` chooses other
rules of credit. Whichever is chosen, amounts of all rows add up to those of the order ledger. Queries are empty in
a seller's report, because they may identify shoppers."""
scope = ["staff", "seller"]

[parameters]
start_date = "shared"
end_date = "shared"
credit = "shared"
window_days = "shared"

[parameters.breakdown]
type = "String"
default = "list"
choices = ["list", "surface", "query", "slot", "algorithm", "version", "source"]
description = "list: a row for each surface, query, slot and algorithm; surface: for each surface; query: and query; slot: and slot; algorithm: and algorithm in a slot; version: and version of it; source: slot and source of the product."

[columns]
surface = { type = "String", description = "search, product_list, recommendations …; empty for revenue that is not credited." }
query = { type = "String", description = "The search query, in lower case." }
slot = { type = "String", description = "The slot in which recommendations were shown." }
algorithm = { type = "String", description = "The algorithm that made the list." }
units = { type = "Int64", description = "Units that were sold. With credit=linear a unit counts in each row that has a part of it." }
orders = { type = "UInt64", description = "Orders that were confirmed; an order counts in each row that has a part of it." }
gross = { type = "Decimal(38, 4)", description = "Amount of the sales." }
returns = { type = "Decimal(38, 4)", description = "Amount of the cancellations and returns." }
revenue = { type = "Decimal(38, 4)", description = "gross - returns." }
currency = { type = "String", description = "ISO 4217." }
version = { type = "String", description = "With breakdown=version: the version of the model, or the generation of the search index." }
source = { type = "String", description = "With breakdown=source: where a list of recommendations found the product: own, session, similar, together …; empty for other lists and those of earlier releases." }
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
    currency,
    version,
    source
FROM
(
    -- Several parts of a movement may be in one row, where its units count once.
    SELECT
        if({breakdown:String} IN ('list', 'query') AND {seller:UInt64} = 0, parts.query, '') AS query,
        if({breakdown:String} IN ('list', 'slot', 'algorithm', 'version', 'source'), parts.slot, '') AS slot,
        if({breakdown:String} IN ('list', 'algorithm', 'version'), parts.algorithm, '') AS algorithm,
        if({breakdown:String} = 'version', parts.list_version, '') AS version,
        if({breakdown:String} = 'source', parts.source, '') AS source,
        parts.surface AS surface,
        parts.currency AS currency,
        parts.kind AS kind,
        parts.order_id AS order_id,
        any(parts.quantity) AS quantity,
        sum(parts.amount) AS amount
    FROM
        -- With `named`, the parts are the movements, whose own view ClickHouse analyses in a third of the time.
        /* only credit != named */
        credited_parts(
            start_date = {start_date:Date}, end_date = {end_date:Date}, time_zone = {time_zone:String},
            credit = {credit:String}, window_days = {window_days:UInt64}
        )
        /* else (
            SELECT
                surface, query, slot, algorithm, list_version, source, toString(currency) AS currency,
                toString(kind) AS kind, order_id, seller_id, movement_id, quantity, toDecimal128(amount, 4) AS amount
            FROM credited_movements(
                start_date = {start_date:Date}, end_date = {end_date:Date}, time_zone = {time_zone:String}
            )
        ) */
        AS parts
    WHERE {seller:UInt64} = 0 OR parts.seller_id = {seller:UInt64}
    GROUP BY surface, query, slot, algorithm, version, source, currency, kind, order_id, parts.movement_id
)
GROUP BY surface, query, slot, algorithm, version, source, currency
ORDER BY surface = '', revenue DESC, surface, query, slot, algorithm, version, source, currency
