-- What shoppers did with the lists of ubi_queries of one day (UTC), from a day before a list (clients' clocks are wrong)
-- to eight days after it. A response counts if its product was in the list, and the list was shown to the same shopper.
-- Positions come from the list, not from the client.
WITH
    toUUID('00000000-0000-0000-0000-000000000000') AS nil,
    lists AS
    (
        SELECT
            shown.event_id AS query_id,
            if(known.account_key != nil, known.account_key, shown.shopper_key) AS client_id,
            shown.query AS user_query,
            if(shown.first_position > 0, shown.first_position, (shown.page - 1) * length(shown.product_ids) + 1) AS first_position,
            shown.product_ids AS product_ids
        FROM
        (
            SELECT event_id, shopper_key, query, page, first_position, product_ids
            FROM events FINAL
            WHERE day = {day:Date} AND type = 'exposure' AND surface = 'search' AND shopper_key != nil AND NOT is_bot
              AND query != '' AND NOT match(query, {personal:String})
        ) AS shown
        LEFT JOIN shopper_identities AS known ON shown.shopper_key = known.anonymous_key
    )
SELECT
    responses.event_id AS event_id,
    responses.type AS type,
    responses.exposure_id AS query_id,
    lists.client_id AS client_id,
    responses.session_id AS session_id,
    responses.responded_at AS responded_at,
    lists.user_query AS user_query,
    responses.product_id AS product_id,
    responses.quantity AS quantity,
    lists.first_position + indexOf(lists.product_ids, responses.product_id) - 1 AS position
FROM
(
    SELECT event_id, type, exposure_id, session_id, reported_at AS responded_at, product_id, quantity, shopper_key
    FROM events FINAL
    WHERE day BETWEEN {day:Date} - 1 AND {day:Date} + 8
      AND type IN ('click', 'view', 'carted', 'order')
      AND exposure_id IN (SELECT query_id FROM lists)
      AND shopper_key != nil
      AND reported_at >= UUIDv7ToDateTime(exposure_id, 'UTC') - INTERVAL 1 DAY
      AND reported_at < UUIDv7ToDateTime(exposure_id, 'UTC') + INTERVAL 8 DAY
) AS responses
INNER JOIN lists ON responses.exposure_id = lists.query_id
LEFT JOIN shopper_identities AS known ON responses.shopper_key = known.anonymous_key
WHERE has(lists.product_ids, responses.product_id)
  AND if(known.account_key != nil, known.account_key, responses.shopper_key) = lists.client_id
ORDER BY responded_at, event_id
