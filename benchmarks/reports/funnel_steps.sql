-- The question of the report `funnel_steps`, asked of the events.
SELECT level, count()
FROM
(
    SELECT
        windowFunnel(3600000)(
            toUInt64(toUnixTimestamp64Milli(reported_at)), type = 'click', type = 'view', type = 'carted'
        ) AS level
    FROM events FINAL
    WHERE type IN ('click', 'view', 'carted')
    GROUP BY shopper_key
    HAVING level > 0
)
GROUP BY level
ORDER BY level
