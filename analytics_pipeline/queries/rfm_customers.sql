/*
description = """
Customers with an account, their recency, frequency and monetary value, and their segment, as the report `rfm` defines
them; those with the highest net first. One who bought in several currencies has a row for each."""
scope = ["staff"]

[parameters]
start_date = "shared"
end_date = "shared"

[parameters.segment]
type = "String"
default = ""
choices = ["", "champions", "loyal", "potential_loyal", "new", "promising", "need_attention", "about_to_sleep", "cannot_lose", "at_risk", "hibernating"]
description = "Only this segment."

[parameters.limit]
type = "UInt64"
default = 1000
minimum = 1
maximum = 100000
description = "The maximum number of rows."

[columns]
customer_key = { type = "UUID", description = "The customer's random key." }
last_day = { type = "Date", description = "The day of the last purchase." }
recency_days = { type = "UInt64", description = "Days between the last purchase and the end of the period." }
orders = { type = "UInt64", description = "Orders." }
net = { type = "Decimal(38, 4)", description = "Sales less cancellations and returns." }
recency = { type = "UInt64", description = "The score from 1 to 5; 5 for the most recent." }
frequency = { type = "UInt64", description = "The score from 1 to 5; 5 for the most orders." }
monetary = { type = "UInt64", description = "The score from 1 to 5; 5 for the highest net." }
segment = { type = "String", description = "The segment." }
currency = { type = "String", description = "ISO 4217." }
*/
SELECT
    customer_key, last_day, recency_days, orders, net,
    toUInt64(recency) AS recency, toUInt64(frequency) AS frequency, toUInt64(monetary) AS monetary, segment, currency
FROM customer_scores(
    start_date = {start_date:Date}, end_date = {end_date:Date}, time_zone = {time_zone:String}, seller = 0
)
WHERE {segment:String} = '' OR segment = {segment:String}
ORDER BY currency, net DESC, customer_key
LIMIT {limit:UInt64}
