-- The lists of search results of one day (UTC) that had a query, for the export of User Behavior Insights: those that
-- were shown to a shopper who is known and didn't object. A text that was emptied is no query any more, and one with an
-- e-mail address or a phone number is left out.
WITH toUUID('00000000-0000-0000-0000-000000000000') AS nil
SELECT
    lists.event_id AS query_id,
    if(known.account_key != nil, known.account_key, lists.shopper_key) AS client_id,
    lists.reported_at AS shown_at,
    lists.query AS user_query,
    lists.filters AS filters,
    lists.page AS page,
    if(lists.first_position > 0, lists.first_position, (lists.page - 1) * length(lists.product_ids) + 1) AS first_position,
    lists.list_version AS list_version,
    lists.arms AS arms,
    lists.rule_ids AS rule_ids,
    lists.product_ids AS product_ids
FROM
(
    SELECT *, reported_at
    FROM events FINAL
    WHERE day = {day:Date} AND type = 'exposure' AND surface = 'search' AND shopper_key != nil AND NOT is_bot
      AND query != '' AND NOT match(query, {personal:String})
) AS lists
LEFT JOIN shopper_identities AS known ON lists.shopper_key = known.anonymous_key
ORDER BY shown_at, query_id
