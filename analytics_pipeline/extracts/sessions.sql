-- Views of products, of which sessions are made: the latest ones, the oldest first. Views of a guest before a login count
-- for the account; those of known bots don't count.
WITH
    toUUID('00000000-0000-0000-0000-000000000000') AS nil,
    links AS
    (
        SELECT anonymous_key, account_key
        FROM shopper_identities
        WHERE linked_at < {as_of:DateTime64(3, 'UTC')}
    ),
    viewed AS
    (
        SELECT shopper_key, product_id, reported_at, arrived_at, source_key, event_id
        FROM events FINAL
        WHERE day <= toDate({as_of:DateTime64(3, 'UTC')}) + 8
          AND type = 'view'
          AND NOT is_bot
          AND shopper_key != nil
          AND product_id > 0
          AND reported_at < {as_of:DateTime64(3, 'UTC')}
        ORDER BY reported_at DESC, event_id DESC
        LIMIT {most:UInt64}
    )
SELECT
    toString(if(links.account_key = nil, viewed.shopper_key, links.account_key)) AS shopper,
    viewed.product_id AS product_id,
    toUnixTimestamp64Milli(viewed.reported_at) AS viewed_at,
    toUnixTimestamp64Milli(toDateTime64(viewed.arrived_at, 3)) AS arrived_at,
    viewed.source_key AS source_key
FROM viewed
LEFT JOIN links ON links.anonymous_key = viewed.shopper_key
ORDER BY viewed.reported_at, viewed.event_id
