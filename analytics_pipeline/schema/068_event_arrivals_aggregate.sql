-- How the events of a day arrived, by type: the rollup is filled from it, and dirty days are read from it. An event is
-- late if it arrived more than an hour after it happened; an `order` arrives when it is confirmed.
CREATE OR REPLACE VIEW event_arrivals_aggregate AS
SELECT
    day,
    toString(type) AS type,
    count() AS accepted,
    countIf(arrived_at > reported_at + INTERVAL 1 HOUR) AS late,
    countIf(is_bot) AS bots,
    countIf(consent = 'denied') AS without_consent,
    countIf(consent = 'unknown') AS not_asked,
    countIf(shopper_key = toUUID('00000000-0000-0000-0000-000000000000')) AS without_shopper,
    countIf(clock_offset != 0) AS corrected
FROM events FINAL
WHERE day IN ({days:Array(Date)})
GROUP BY day, type
