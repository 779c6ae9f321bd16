-- Lists of every kind and what came of them, by quarter hour (UTC), where, why and by which version they were made: the
-- rollup is filled from it, and dirty days are read from it. `position` 0 is a list as a whole; the other rows are the
-- lists with a product at this position, counted from 1 through all pages. A response counts if its product is in
-- the list that it names, from a day before it (clients' clocks are wrong) to eight days after it, at the first position
-- of the product. A list is a bot's if a client that is a bot sent an event of its shopper on the same day.
CREATE OR REPLACE VIEW list_counts_aggregate AS
SELECT
    day,
    toDateTime(toStartOfInterval(shown_at, INTERVAL 15 MINUTE), 'UTC') AS quarter,
    surface,
    slot,
    algorithm,
    list_version,
    is_bot,
    place.1 AS position,
    count() AS lists,
    countIf(place.2 > 0) AS clicked_lists,
    sum(place.2) AS clicks,
    countIf(place.3 > 0) AS carted_lists
FROM
(
    SELECT
        shown.day AS day,
        shown.reported_at AS shown_at,
        shown.surface AS surface,
        shown.slot AS slot,
        shown.algorithm AS algorithm,
        shown.list_version AS list_version,
        shown.is_bot OR (shown.day, shown.shopper_key) IN
        (
            SELECT day, shopper_key
            FROM events FINAL
            WHERE day IN ({days:Array(Date)})
              AND is_bot
              AND shopper_key != toUUID('00000000-0000-0000-0000-000000000000')
        ) AS is_bot,
        arrayMap(sent -> indexOf(shown.product_ids, sent), responses.clicked) AS clicked,
        arrayMap(sent -> indexOf(shown.product_ids, sent), responses.carted) AS carted,
        arrayJoin(arrayPushFront(
            arrayMap(
                at -> (toUInt64(shown.first + at - 1), toUInt64(countEqual(clicked, at)), toUInt64(countEqual(carted, at))),
                arrayEnumerate(shown.product_ids)
            ),
            (
                toUInt64(0),
                toUInt64(arrayCount(at -> at > 0, clicked)),
                toUInt64(arrayCount(at -> at > 0, carted))
            )
        )) AS place
    FROM
    (
        SELECT
            day, event_id, reported_at, shopper_key, surface, slot, algorithm, list_version, is_bot, product_ids,
            if(first_position > 0, first_position, (page - 1) * length(product_ids) + 1) AS first
        FROM events FINAL
        WHERE day IN ({days:Array(Date)}) AND type = 'exposure'
    ) AS shown
    LEFT JOIN
    (
        SELECT
            exposure_id,
            groupArrayIf(product_id, type = 'click') AS clicked,
            groupArrayIf(product_id, type = 'carted') AS carted
        FROM events FINAL
        WHERE day IN (arrayFlatten(arrayMap(shown_on -> arrayMap(n -> shown_on + n - 1, range(10)), {days:Array(Date)})))
          AND type IN ('click', 'carted')
          AND toDate(UUIDv7ToDateTime(exposure_id, 'UTC')) IN ({days:Array(Date)})
          AND reported_at >= UUIDv7ToDateTime(exposure_id, 'UTC') - INTERVAL 1 DAY
          AND reported_at < UUIDv7ToDateTime(exposure_id, 'UTC') + INTERVAL 8 DAY
        GROUP BY exposure_id
    ) AS responses ON shown.event_id = responses.exposure_id
)
GROUP BY day, quarter, surface, slot, algorithm, list_version, is_bot, position
