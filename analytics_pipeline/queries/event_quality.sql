/*
description = """
How well events arrive, by day (UTC) and type: the events that were accepted, how many of them were late, of bots, without
consent or without a shopper, and the ids that arrived with different contents. The day is that in the event's id. Rows with
a reason have the refused events, by the day of their arrival. An event that is sent again is accepted once, and refused
each time. Clients' events without consent aren't stored or counted; lists are stored without the shopper."""
scope = ["staff"]
days_around = 0

[parameters.start_date]
type = "Date"
default = 1970-01-02
description = "The first day (UTC)."

[parameters.end_date]
type = "Date"
default = 2149-06-04
not_before = "start_date"
description = "The last day (UTC)."

[parameters.type]
type = "String"
default = ""
description = "Only events of this type."

[columns]
day = { type = "Date", description = "The day (UTC)." }
type = { type = "String", description = "The type of the events; empty if a refused event names no type that exists." }
reason = { type = "String", description = """
Why events were refused: too_long, malformed, missing_field, unknown_field, repeated_field, invalid_value, server_only,
invalid_id, repeated_id (twice in one request), too_old, in_future, clock (more than a day off), custom_name, custom_property;
not_storable if they were accepted and couldn't be stored, unknown if an earlier release refused them. Empty in the rows of accepted events.""" }
accepted = { type = "UInt64", description = "Events that are stored, each once." }
late = { type = "UInt64", description = "Those that arrived more than an hour after they happened; orders that were confirmed so late." }
corrected = { type = "UInt64", description = "Those whose time was corrected, because the client's clock was wrong." }
bots = { type = "UInt64", description = "Those of known bots." }
without_consent = { type = "UInt64", description = "Lists that were shown without consent to tracking." }
not_asked = { type = "UInt64", description = "Events of shoppers who weren't asked for consent." }
without_shopper = { type = "UInt64", description = "Events without a shopper's key." }
conflicts = { type = "UInt64", description = "Ids that arrived with different contents; an id that is used for two types counts for both." }
refused = { type = "UInt64", description = "Events that were refused at intake." }
dead_letters = { type = "UInt64", description = "Refused events that are kept and wait to be replayed; entries of the stream for not_storable. They are deleted after DEAD_LETTER_DAYS." }
replayed = { type = "UInt64", description = "Refused events that are kept and were replayed: they are also accepted." }
*/
SELECT
    day,
    type,
    reason,
    sum(counts[1]) AS accepted,
    sum(counts[2]) AS late,
    sum(counts[3]) AS corrected,
    sum(counts[4]) AS bots,
    sum(counts[5]) AS without_consent,
    sum(counts[6]) AS not_asked,
    sum(counts[7]) AS without_shopper,
    sum(counts[8]) AS conflicts,
    sum(counts[9]) AS refused,
    sum(counts[10]) AS dead_letters,
    sum(counts[11]) AS replayed
FROM
(
    SELECT
        day, type, '' AS reason,
        [accepted, late, corrected, bots, without_consent, not_asked, without_shopper, 0, 0, 0, 0] AS counts
    FROM event_arrivals(dirty_days = {event_arrivals_dirty:Array(Date)})
    UNION ALL
    SELECT day, arrayJoin(types) AS type, '', [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]
    FROM id_conflicts(dirty_days = {id_conflicts_dirty:Array(Date)})
    UNION ALL
    SELECT
        toDate(arrived_at), toString(type), if(fault = '', 'unknown', toString(fault)),
        [0, 0, 0, 0, 0, 0, 0, 0, events, 0, 0]
    FROM refused_events FINAL
    UNION ALL
    SELECT
        toDate(arrived_at), toString(type), if(fault = '', 'unknown', toString(fault)),
        [0, 0, 0, 0, 0, 0, 0, 0, 0, replayed = 0, replayed = 1]
    FROM dead_letters FINAL
)
WHERE day BETWEEN {start_date:Date} AND {end_date:Date}
  AND ({type:String} = '' OR type = {type:String})
GROUP BY day, type, reason
ORDER BY day, type, reason
