-- The question of the report `funnel`, asked of the events.
WITH visits AS
(
    SELECT *, sum(is_first) OVER (PARTITION BY shopper_key ORDER BY reported_at, event_id) AS visit
    FROM
    (
        SELECT
            shopper_key, reported_at, event_id, type, is_bot,
            reported_at >= addMinutes(lagInFrame(reported_at) OVER
                (PARTITION BY shopper_key ORDER BY reported_at, event_id), 30) AS is_first
        FROM events FINAL
    )
)
SELECT
    count() AS sessions,
    countIf(viewed > 0) AS viewers,
    countIf(added > 0) AS carted,
    countIf(checked > 0) AS checked_out,
    countIf(ordered > 0) AS buyers,
    medianExactIf(dateDiff('second', began, viewed), viewed > 0) AS seconds
FROM
(
    SELECT
        min(reported_at) AS began,
        minIf(reported_at, type = 'view') AS viewed,
        arrayFirst(time -> time >= viewed AND viewed > 0, arraySort(groupArrayIf(reported_at, type = 'carted'))) AS added,
        arrayFirst(time -> time >= added AND added > 0, arraySort(groupArrayIf(reported_at, type = 'checkout'))) AS checked,
        arrayFirst(time -> time >= checked AND checked > 0, arraySort(groupArrayIf(reported_at, type = 'order'))) AS ordered
    FROM visits
    GROUP BY shopper_key, visit
    HAVING max(is_bot) = 0
)
