-- The event ids of a day that arrived with different contents: the rollup is filled from it, and dirty days are read
-- from it. The days of the contents are those of the events, so that a new content always makes its day dirty. An event
-- of the server that was written again with other values is none, unless a client used its id.
CREATE OR REPLACE VIEW id_conflicts_aggregate AS
SELECT
    day,
    event_id,
    count() AS contents,
    arraySort(groupUniqArray(toString(type))) AS types,
    arraySort(groupUniqArray(product_id)) AS products
FROM event_contents FINAL
WHERE day IN ({days:Array(Date)})
GROUP BY day, event_id
HAVING contents > 1 AND types NOT IN (['order'], ['carted'])
