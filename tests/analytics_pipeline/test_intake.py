"""Request bodies: every valid event of a batch is accepted, whatever the other events are."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_pipeline import intake
from analytics_pipeline.intake import InvalidBody, Received, TooManyEvents, read, read_each, read_whole
from analytics_pipeline.validation import Fault
from tests.analytics_pipeline.samples import ANNE, NOW, id_ago

FAULTS: dict[bytes, str] = {
    rb'"query":"\ud83dlamp"': "query: ",
    rb'"query":"\ude00"': "query: ",
    b'"query":' + b"[" * 5_000 + b"]" * 5_000: "query: ",
    b'"query":' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000: "query: ",
    b'"query":NaN': "query: ",
    b'"query":Infinity': "query: ",
    b'"query":-Infinity': "query: ",
    b'"query":"\xff"': "query: not valid UTF-8",
    b'"query":"\xed\xa0\xbd"': "query: not valid UTF-8",
    b'"query":"a\x00b"': "query: ",
    b'"query":"a\nb"': "query: ",
    rb'"query":"\x"': "query: ",
    b'"query":1e999': "query: ",
    b'"query":"a","query":"b"': "query: occurs twice",
    rb'"query":"a","\u0071uery":"b"': "query: occurs twice",
    b'"query":"a:b","query" :"b"': "query: occurs twice",
    b'"query":"a","color":"red"': "color: unknown field",
    b'"query":"a","\xff":1': "",
    b'"query":"' + b"a" * 501 + b'"': "query: ",
    b'"query":"' + b"a" * 40_000 + b'"': "an event of",
    b'"session_id":17': "session_id: ",
    b'"properties":{"a":1e999},"query":"a"': "properties: ",
    b'"properties":{"a":' + b"9" * 400 + b'},"query":"a"': "properties: ",
    b'"properties":{"a":null},"query":"a"': "properties: ",
    b'"properties":{"a":[1]},"query":"a"': "properties: ",
    b'"properties":{"a":1,"a":2},"query":"a"': "a: occurs twice",
    b'"properties":{"":1},"query":"a"': "properties: ",
    b'"properties":{"' + b"k" * 51 + b'":1},"query":"a"': "properties: ",
    b'"properties":[1],"query":"a"': "properties: ",
    b'"properties":' + json.dumps({f"k{n}": 1 for n in range(21)}).encode() + b',"query":"a"': "properties: ",
    b'"properties":'
    + json.dumps({f"k{n}": "é" * 200 for n in range(20)}, ensure_ascii=False).encode()
    + b',"query":"a"': "properties: more than 4096 bytes",
    b'"query":null': "query: ",
    b"": "query: required",
}
NOT_OBJECTS = (
    b"1", b'"a"', b"null", b"[]", b"{}", b"", b"NaN", b"nonsense", b"[" * 3_000 + b"]" * 3_000,
    b"\xef\xbb\xbf{}", b"\x00", b"9" * 400, b'{"type":"order"}', b'{"type":"dance"}', b'{"a":[}]',
)  # fmt: skip


def search(event_id: UUID | None = None, **fields: object) -> dict[str, object]:
    return {"event_id": str(event_id or id_ago(hours=1)), "type": "search", "query": "lamp", **fields}


def faulty(fault: bytes) -> bytes:
    """Return a search event with this fault after its id. The type comes last: other fields are read before it."""
    fields = b'{"event_id":"%s",%s' % (str(id_ago(hours=1)).encode(), fault)
    return fields.removesuffix(b",") + b',"type":"search"}'


def body(*events: object, **members: object) -> bytes:
    parts = [event if isinstance(event, bytes) else json.dumps(event).encode() for event in events]
    rest = b"".join(
        b", " + json.dumps(key).encode() + b": " + json.dumps(members[key]).encode() for key in members
    )
    return b'{"events": [' + b", ".join(parts) + b"]" + rest + b"}"


def received(*events: object, **members: object) -> Received:
    return read(body(*events, **members), arrived_at=NOW)


def ids(found: Received) -> list[str]:
    return [str(event.event_id) for event in found.events]


@pytest.mark.parametrize(("fault", "reason"), FAULTS.items(), ids=[str(fault[:30]) for fault in FAULTS])
def test_a_fault_refuses_only_its_event_and_names_the_field(fault: bytes, reason: str) -> None:
    first, last = search(), search()
    found = received(first, faulty(fault), last)
    assert ids(found) == [first["event_id"], last["event_id"]]
    (refused,) = found.refused
    assert refused.index == 1
    assert refused.reason.startswith(reason)
    assert len(refused.reason) <= 200
    assert len(refused.payload) <= intake.KEPT_BYTES


@pytest.mark.parametrize(
    ("event", "counted"),
    [
        (search(query=None), ("search", Fault.INVALID_VALUE)),
        (search(colour="red"), ("search", Fault.UNKNOWN_FIELD)),
        ({"event_id": str(id_ago(hours=1)), "type": "view"}, ("view", Fault.MISSING_FIELD)),
        (faulty(b'"query":"a","query":"b"'), ("search", Fault.REPEATED_FIELD)),
        (faulty(b'"query":1e999'), ("search", Fault.INVALID_VALUE)),
        (b'{"type":"view",nonsense}', ("", Fault.MALFORMED)),
        (b"1", ("", Fault.INVALID_VALUE)),
        (search(type="dance"), ("", Fault.INVALID_VALUE)),
        (search(query="a" * 40_000), ("search", Fault.TOO_LONG)),
        ({"event_id": str(id_ago(hours=1)), "type": "login"}, ("login", Fault.SERVER_ONLY)),
        (search(uuid4()), ("search", Fault.INVALID_ID)),
        (search(id_ago(days=8)), ("search", Fault.TOO_OLD)),
        (search(id_ago(hours=-1)), ("search", Fault.IN_FUTURE)),
        ({"event_id": str(id_ago(hours=1)), "type": "custom", "name": "x"}, ("custom", Fault.CUSTOM_NAME)),
    ],
    # The workers of a run must collect the same names, and the events have random ids.
    ids=lambda value: f"{value[0]}-{value[1].name}" if isinstance(value, tuple) else "",
)
def test_refused_events_are_counted_by_their_type_and_the_kind_of_the_fault(
    event: object, counted: tuple[str, Fault]
) -> None:
    (refused,) = received(search(), event).refused
    assert (refused.type, refused.fault) == counted


def test_an_id_that_occurs_twice_and_a_clock_that_is_far_off_are_kinds_of_faults() -> None:
    twice = search()
    assert [one.fault for one in received(twice, twice).refused] == [Fault.REPEATED_ID]
    off = received(search(), sent_at="2026-03-01T12:00:00Z")
    assert [one.fault for one in off.refused] == [Fault.CLOCK]


valid_events = st.fixed_dictionaries(
    {
        "type": st.just("search"),
        "query": st.text(st.characters(exclude_categories=["Cs"]), max_size=500),
    },
    optional={
        "session_id": st.uuids().map(str),
        "exposure_id": st.uuids().map(str) | st.none(),
        "properties": st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=10),
            st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
            | st.integers(-(2**63), 2**63 - 1)
            | st.floats(allow_nan=False, allow_infinity=False)
            | st.booleans(),
            max_size=5,
        ),
    },
)
invalid_events = st.sampled_from([faulty(fault) for fault in FAULTS]) | st.sampled_from(NOT_OBJECTS)


@given(
    elements=st.lists(
        st.tuples(valid_events, st.booleans()) | invalid_events, min_size=1, max_size=12
    ).filter([b""].__ne__)
)
def test_every_valid_event_is_accepted_among_invalid_ones(elements: list[Any]) -> None:
    sent: list[object] = []
    valid: list[str] = []
    for element in elements:
        if isinstance(element, bytes):
            sent.append(element)
            continue
        fields, escaped = element
        event = {"event_id": str(id_ago(hours=1)), **fields}
        valid.append(event["event_id"])
        sent.append(json.dumps(event, ensure_ascii=escaped).encode())
    found = received(*sent)
    assert ids(found) == valid
    assert len(found.refused) == len(sent) - len(valid)


@given(fields=st.lists(valid_events, min_size=1, max_size=5), escaped=st.booleans())
def test_a_valid_body_is_read_as_a_whole_exactly_as_event_by_event(fields: list[Any], escaped: bool) -> None:
    events = [{"event_id": str(id_ago(hours=1)), **one} for one in fields]
    text = json.dumps(
        {"events": events, "anonymous_id": str(ANNE), "sent_at": NOW.isoformat()}, ensure_ascii=escaped
    ).encode()
    each = read_each(text, arrived_at=NOW)
    assert each == read(text, arrived_at=NOW)
    assert read_whole(text, arrived_at=NOW) in (each, None)
    assert each.anonymous_id == ANNE


def test_a_usual_body_is_decoded_as_a_whole() -> None:
    assert read_whole(body(search(), search(session_id=str(ANNE))), arrived_at=NOW) is not None


def test_of_several_events_with_one_id_only_the_first_valid_one_is_accepted() -> None:
    id_ = id_ago(hours=1)
    found = received(search(id_, query=17), search(id_, query="first"), search(id_, query="second"))
    assert [event.query for event in found.events] == ["first"]  # type: ignore[union-attr]
    assert [(one.index, one.reason) for one in found.refused] == [
        (0, "query: Expected `str`, got `int`"),
        (2, "event_id: the event at index 1 has the same id and was accepted"),
    ]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (b"", "events"),
        (b"{", "events"),
        (b"[]", "events"),
        (b"\xff", "events"),
        (b'{"events": []}', "events"),
        (b'{"events": 1}', "events"),
        (b'{"events": [{}], "more": 1}', "more"),
        (b'{"events": [{}], "events": [{}]}', "events"),
        (
            b'{"events": [{}], "anonymous_id": "%s", "anonymous_id": "%s"}' % ((b"0" * 32,) * 2),
            "anonymous_id",
        ),
        (rb'{"events": [{}], "sent_at": "\ud83d"}', "sent_at"),
        (b'{"events": [{}], "sent_at": "\xff"}', "sent_at"),
        (b'{"events": [{}], "anonymous_id": "me"}', "anonymous_id"),
        (b'{"events": [{}], "sent_at": 17}', "sent_at"),
        (b'{"events": [{}], "sent_at": "2026-03-10T12:00:00"}', "sent_at"),
        (b'{"events": [{}], "sent_at": "now"}', "sent_at"),
        (b'{"events": [{}]} {}', "events"),
        (b'{"events": [{"type": "vi', "events"),
    ],
)
def test_a_body_that_is_not_a_batch_is_refused_with_the_name_of_the_field(text: bytes, field: str) -> None:
    with pytest.raises(InvalidBody) as caught:
        read(text, arrived_at=NOW)
    assert caught.value.field == field


def test_more_events_than_one_request_may_carry_are_refused() -> None:
    with pytest.raises(TooManyEvents):
        received(*[search()] * 501)


def test_a_byte_order_mark_before_the_body_is_skipped() -> None:
    assert len(read(b"\xef\xbb\xbf" + body(search()), arrived_at=NOW).events) == 1


@pytest.mark.parametrize(
    ("ahead", "sent_at", "accepted", "offset"),
    [
        ({"minutes": 4}, None, True, 0),
        ({"minutes": 6}, None, False, 0),
        ({"minutes": 6}, {"minutes": 6}, True, -360_000),
        ({"minutes": 6}, {"seconds": 30}, False, 0),
        ({"hours": 23}, {"hours": 23}, True, -82_800_000),
        ({"hours": 25}, {"hours": 25}, False, -90_000_000),
        ({"hours": -3}, {"hours": -2}, True, 7_200_000),
        ({"days": -7, "hours": -2}, {"hours": -2, "minutes": -1}, True, 7_260_000),
        ({"hours": -1}, {"seconds": -45}, True, 0),
    ],
)
def test_the_time_of_sending_corrects_a_clock_that_is_wrong_by_more_than_the_network_delay(
    ahead: dict[str, int], sent_at: dict[str, int] | None, accepted: bool, offset: int
) -> None:
    event = search(id_ago(seconds=-timedelta(**ahead).total_seconds()))
    members = {} if sent_at is None else {"sent_at": (NOW + timedelta(**sent_at)).isoformat()}
    found = received(event, **members)
    assert (len(found.events) == 1, found.clock_offset) == (accepted, offset)
    assert read_each(body(event, **members), arrived_at=NOW) == found
