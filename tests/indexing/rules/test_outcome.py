"""Which rules apply to a query, and which of their actions count."""

from datetime import timedelta
from decimal import Decimal

import pytest

from indexing.filters import NO_FILTERS, Filters
from indexing.request import MAX_QUERY_LENGTH, SearchRequest
from indexing.rules.actions import (
    Action,
    Boost,
    Hide,
    Pin,
    Redirect,
    ReplaceQuery,
    ReplaceWords,
    Restrict,
)
from indexing.rules.outcome import MAX_BOOSTS, MAX_PINS, RuleOutcome, apply
from indexing.rules.query_rules import QueryMatch, QueryRule, RuleSet
from indexing.rules.words import phrase
from tests.indexing.builders import NOW


def rule(
    number: int, *actions: Action, match: str = "always", words: str = "", **fields: object
) -> QueryRule:
    phrases = tuple(phrase(each) for each in words.split(",") if each)
    return QueryRule(id=number, match=QueryMatch(match), phrases=phrases, actions=actions, **fields)  # type: ignore[arg-type]


def outcome(*rules: QueryRule, text: str = "lamp", filters: Filters = NO_FILTERS) -> RuleOutcome:
    return apply(RuleSet.of(rules), text=text, filters=filters, now=NOW)


@pytest.mark.parametrize(
    ("match", "words", "matching", "others"),
    [
        ("exact", "desk lamp,lamps", ["Desk  lamp", "desk-lamp", "LAMPS"], ["lamp", "desk lamp shade", ""]),
        ("contains", "desk lamp", ["desk lamp", "red desk lamp shade"], ["desk red lamp", "lamp desk"]),
        ("starts_with", "desk lamp", ["desk lamp", "desk lamp shade"], ["red desk lamp", "desk"]),
        ("always", "", ["anything", ""], []),
        ("exact", "café", ["cafe", "CAFÉ"], ["caf"]),
        ("contains", "c++", ["C++ book"], ["c book", "c# book"]),
        ("contains", "500 ml", ["0.5l bottle"], ["500 bottle"]),
    ],
)
def test_a_rule_applies_to_the_queries_that_its_phrases_match(
    match: str, words: str, matching: list[str], others: list[str]
) -> None:
    rules = RuleSet.of([rule(1, Hide(1), match=match, words=words)])

    applied = {
        text: apply(rules, text=text, filters=NO_FILTERS, now=NOW).rule_ids for text in [*matching, *others]
    }

    assert applied == dict.fromkeys(matching, (1,)) | dict.fromkeys(others, ())


@pytest.mark.parametrize(
    ("starts", "ends", "applies"),
    [
        (None, None, True),
        (0, None, True),
        (1, None, False),
        (None, 0, False),
        (None, 1, True),
        (-1, 0, False),
        (0, 1, True),
    ],
)
def test_a_rule_applies_from_its_start_until_before_its_end(
    starts: int | None, ends: int | None, applies: bool
) -> None:
    moments = [None if each is None else NOW + timedelta(microseconds=each) for each in (starts, ends)]

    found = outcome(rule(1, Hide(1), starts_at=moments[0], ends_at=moments[1]))

    assert found.hidden == ((1,) if applies else ())


@pytest.mark.parametrize(
    ("context", "filters", "applies"),
    [
        ({"brands": ("Acme",)}, {"brands": ("acme", "Folk")}, True),
        ({"brands": ("Acme", "Folk")}, {"brands": ("acme",)}, False),
        ({"brands": ("Acme",)}, {}, False),
        ({"category": "sale"}, {"category": "Sale"}, True),
        (
            {"category": "sale", "category_tokens": ("a", "b")},
            {"category": "Home > Sale", "category_tokens": ("b",)},
            True,
        ),
        (
            {"category": "sale", "category_tokens": ("a",)},
            {"category": "sale", "category_tokens": ("b",)},
            False,
        ),
        ({"attributes": {"size": ("M",)}}, {"attributes": {"size": ("m", "L"), "fit": ("slim",)}}, True),
        ({"attributes": {"size": ("M",)}}, {"attributes": {"fit": ("slim",)}}, False),
        ({"in_stock": True}, {"in_stock": True, "max_price": Decimal(5)}, True),
        ({"in_stock": True}, {"in_stock": False}, False),
    ],
)
def test_a_rule_with_a_context_applies_to_requests_with_these_filters(
    context: dict[str, object], filters: dict[str, object], applies: bool
) -> None:
    found = outcome(
        rule(1, Hide(1), context=Filters(**context)),  # type: ignore[arg-type]
        filters=Filters(**filters),  # type: ignore[arg-type]
    )

    assert found.hidden == ((1,) if applies else ())


def test_of_conflicting_actions_that_of_the_first_rule_counts() -> None:
    found = outcome(
        rule(1, Pin(7, 3), Redirect("/late/"), ReplaceQuery("vase"), priority=20),
        rule(2, Pin(7, 1), Redirect("/early/"), ReplaceQuery("sofa"), priority=10),
        rule(3, Pin(8, 1), Redirect("/later/"), priority=20),
    )

    assert found.pinned == (Pin(7, 1), Pin(8, 1))
    assert found.pinned_by == {7: 2, 8: 3}
    assert (found.redirect, found.text) == ("/early/", "sofa")
    assert found.rule_ids == (2, 3)


def test_a_product_that_any_rule_hides_is_not_pinned() -> None:
    found = outcome(rule(1, Pin(7, 1), priority=1), rule(2, Hide(7), priority=2))

    assert (found.pinned, found.hidden, found.rule_ids) == ((), (7,), (2,))


def test_restrictions_and_boosts_of_all_rules_are_combined() -> None:
    acme, cheap = Filters(brands=("Acme",)), Filters(max_price=Decimal(5))

    found = outcome(rule(1, Restrict(acme), Boost(cheap, 2.0)), rule(2, Restrict(cheap), Boost(acme, 0.5)))

    assert found.restrictions == (acme, cheap)
    assert found.boosts == (Boost(cheap, 2.0), Boost(acme, 0.5))


def test_the_actions_of_one_search_are_limited() -> None:
    boost = Boost(Filters(in_stock=True), 2.0)

    found = outcome(
        rule(1, *(Pin(each, each) for each in range(1, 99))), rule(2, *[boost] * 9), rule(3, boost)
    )

    assert (len(found.pinned), len(found.boosts)) == (MAX_PINS, MAX_BOOSTS)
    assert found.rule_ids == (1, 2)


@pytest.mark.parametrize(
    ("text", "words", "by", "expected"),
    [
        ("cheap desk lamp", "cheap", "", "desk lamp"),
        ("Cheap c++ book, cheap!", "cheap", "budget", "budget c++ book, budget!"),
        ("desk lamp", "desk lamp", "lamp", "lamp"),
        ("cheap", "cheap", "", "cheap"),
        ("lamp", "cheap", "budget", "lamp"),
        ("lamp", "lamp", "x" * (MAX_QUERY_LENGTH + 1), "lamp"),
        ("it's men's lamp", "mens lamp", "lamp", "it's lamp"),
    ],
)
def test_words_are_replaced_where_they_are_unless_nothing_remains(
    text: str, words: str, by: str, expected: str
) -> None:
    found = outcome(rule(1, ReplaceWords(phrase(words), by)), text=text)

    assert found.text == expected
    assert found.rule_ids == ((1,) if expected != text else ())


def test_a_rewritten_query_triggers_no_further_rule() -> None:
    found = outcome(
        rule(1, ReplaceQuery("sofa"), match="exact", words="lamp"),
        rule(2, ReplaceQuery("lamp"), match="exact", words="sofa"),
    )

    assert found.text == "sofa"


def test_an_outcome_changes_a_request() -> None:
    brands, cheap = Filters(brands=("Acme",)), Filters(max_price=Decimal(5))
    request = SearchRequest(text="lamp", filters=brands, page=2)
    found = outcome(rule(1, Pin(7, 1), Hide(8), Restrict(cheap), Boost(brands, 2.0), ReplaceQuery("sofa")))

    changed = found.changed(request)

    assert changed == SearchRequest(
        text="sofa",
        filters=brands,
        page=2,
        pinned=(Pin(7, 1),),
        hidden=(8,),
        restrictions=(cheap,),
        boosts=(Boost(brands, 2.0),),
    )
    assert outcome().changed(request) == request
