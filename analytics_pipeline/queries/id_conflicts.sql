-- Event ids that came with more than one content: clients that mint ids wrongly, or forge them.
-- scope: staff
-- start_date: the first day (UTC)
-- end_date: the last day (UTC)
SELECT
    day,
    event_id,
    count() AS contents,
    arraySort(groupUniqArray(toString(type))) AS types,
    arraySort(groupUniqArray(product_id)) AS products
FROM event_contents FINAL
WHERE day BETWEEN {start_date:Date} AND {end_date:Date}
GROUP BY day, event_id
HAVING contents > 1
ORDER BY day, event_id
