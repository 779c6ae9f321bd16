-- A visit's events are a minute apart. `chance` is the luck of the visit, from 0 to 99.
INSERT INTO events
(
    event_id, occurred_at, day, type, shopper_key, product_id, quantity, surface, query, product_ids, page,
    first_position, path, referrer, device, is_bot, exposure_id, order_id, arrived_at, content, version
)
WITH
    intDiv(number, {visit:UInt64}) AS visit,
    number % {visit:UInt64} AS place,
    cityHash64(visit) AS hash,
    intDiv(hash, 1000) % 100 AS chance,
    fromUnixTimestamp64Milli(
        toInt64(toUnixTimestamp({first_day:Date})) * 1000
            + toInt64(hash % ({days:UInt64} * 86400 - 3600)) * 1000 + toInt64(place * 60000),
        'UTC'
    ) AS moment,
    multiIf(
        place = 0, 'page_view',
        place IN (1, 5), 'exposure',
        place IN (2, 6), 'click',
        place IN (3, 7), 'view',
        place = 8 AND chance < 30, 'carted',
        place = 9 AND chance < 20, 'checkout',
        place = 10 AND chance < 10, 'order',
        'page_view'
    ) AS kind,
    1 + cityHash64(visit, intDiv(place, 4)) % 10000 AS product,
    kind = 'exposure' AS is_list,
    -- A UUIDv7 of the time, as two numbers of 64 bits.
    (time, salt) -> reinterpretAsUUID(concat(
        reinterpretAsFixedString(bitOr(bitShiftLeft(toUInt64(toUnixTimestamp64Milli(time)), 16), toUInt64(0x7000))),
        reinterpretAsFixedString(bitOr(bitShiftRight(cityHash64(salt), 4), bitShiftLeft(toUInt64(8), 60)))
    )) AS id_of
SELECT
    id_of(moment, number),
    moment,
    toDate(moment),
    kind,
    reinterpretAsUUID(sipHash128(hash % intDiv({events:UInt64}, 48))),
    if(kind IN ('click', 'view', 'carted', 'order'), product, 0),
    if(kind IN ('carted', 'order'), 1, 0),
    if(is_list, if(place = 1, 'search', 'category'), ''),
    if(is_list AND place = 1, concat('query ', toString(cityHash64(visit, 1) % 5000)), ''),
    if(is_list, arrayMap(n -> 1 + (product - 1 + n * 37) % 10000, range(20)), []),
    if(is_list, 1, 0),
    if(is_list, 1, 0),
    if(kind = 'page_view', concat('/', toString(product % 50)), ''),
    if(place = 0 AND chance < 60, concat('https://www.site', toString(chance % 5), '.example/'), ''),
    ['desktop', 'mobile', 'tablet'][1 + hash % 3],
    chance = 99,
    if(kind = 'click', id_of(addMinutes(moment, -1), number - 1), toUUID('00000000-0000-0000-0000-000000000000')),
    if(kind = 'order', visit + 1, 0),
    moment,
    number,
    18446744073709551615 - number
FROM numbers({from:UInt64}, {rows:UInt64})
