"""The plan of a query, made from a lexicon."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pytest

from indexing.analysis import analysis_for
from indexing.lexicon.building import LexiconSource, build
from indexing.lexicon.lexicon import EMPTY, Lexicon
from indexing.page import Matched
from indexing.planning.plan import Alternative, AlternativeKind, Need, Plan, Term
from indexing.planning.planner import Knowledge, plan
from indexing.ranking import DEFAULT_RANKING, RankingOptions
from indexing.rules.synonyms import NO_SYNONYMS, Synonyms, SynonymSet

ANALYSIS = analysis_for("english")
PRODUCTS = 50_000
WORDS = {
    "bag": 900, "ball": 300, "bed": 800, "book": 300, "bottle": 900, "box": 700, "car": 900, "case": 700, "damen": 400,
    "doors": 150, "ear": 200, "earring": 370, "fi": 100, "garage": 60, "gauge": 200, "geburtstag": 30,
    "karte": 90, "lace": 400, "lamb": 3, "lamp": 2_000, "leather": 800, "mac": 90, "macbook": 60, "ml": 300, "nec": 3,
    "necklace": 700, "pet": 400, "ps4": 40, "puma": 300, "red": 4_000, "ring": 900, "schuhe": 300, "sheet": 300,
    "shirt": 3_000, "shoes": 3_000, "soft": 500, "t": 2_000, "titan": 120, "toy": 800, "tshirt": 60, "vaccum": 1,
    "vacuum": 200, "water": 900, "wi": 110, "wifi": 60, "wool": 600, "x": 500,
}  # fmt: skip
PAIRS = {
    "garage doors": 40, "soft toy": 90, "t shirt": 1_700, "water bottle": 400, "wi fi": 100, "ear ring": 11,
    "x box": 90, "lamb wool": 2, "bed sheet": 6, "leather case": 20,
}  # fmt: skip


class Engine:
    """Counts what is asked of it, from products that are newer than the lexicon."""

    def __init__(self, **products: int) -> None:
        self.products = products
        self.asked: list[list[str]] = []

    def count(self, forms: Sequence[str]) -> Mapping[str, int]:
        self.asked.append(list(forms))
        return {form: self.products.get(form, 0) for form in forms}


def lexicon_of(words: Mapping[str, int], pairs: Mapping[str, int] | None = None) -> Lexicon:
    source = LexiconSource(
        products=PRODUCTS, words=words.items(), pairs=(pairs or {}).items(), stem=ANALYSIS.term
    )
    return Lexicon(build(source))


LEXICON = lexicon_of(WORDS, PAIRS)


def plan_of(
    text: str,
    *,
    lexicon: Lexicon = LEXICON,
    engine: Engine | None = None,
    synonyms: Synonyms = NO_SYNONYMS,
    links: Iterable[str] = (),
    ranking: RankingOptions = DEFAULT_RANKING,
) -> Plan:
    count = (engine or Engine()).count
    knowledge = Knowledge(
        stem=ANALYSIS.term, count=count, lexicon=lexicon, synonyms=synonyms, links=tuple(links)
    )
    return plan(text, ANALYSIS.query_tokens(text), knowledge, ranking=ranking)


def terms(planned: Plan) -> list[list[Term]]:
    return [[each.term for each in need.alternatives] for need in planned.needs]


@pytest.mark.parametrize("text", ["red leather bag", "titan", "puma shoes", "soft toy", "xyzzyplugh"])
def test_known_words_and_those_without_neighbours_are_searched_unchanged(text: str) -> None:
    engine = Engine()

    planned = plan_of(text, engine=engine)

    assert terms(planned) == [[(word,)] for word in text.split()]
    assert (planned.corrected_text, engine.asked) == (None, [])


@pytest.mark.parametrize(
    ("text", "corrected"),
    [
        ("neclace", "necklace"),
        ("vaccum", "vacuum"),
        ("garge doors", "garage doors"),
        ("The  NECLACE, 500 ml!", "The  necklace, 500 ml!"),
        ("botle 500 ml", "bottle 500 ml"),
        ("watr bottel", "water bottle"),
        ("waterbotle", "water bottle"),
        ("neck lace", "necklace"),
        ("neck lase", "necklace"),
        ("xbox", "x box"),
    ],
)
def test_the_corrected_text_replaces_only_what_was_not_meant(text: str, corrected: str) -> None:
    assert plan_of(text).corrected_text == corrected


def test_the_rest_of_the_query_decides_between_neighbours() -> None:
    assert plan_of("garge").corrected_text == "gauge"
    assert plan_of("garge doors").corrected_text == "garage doors"


def test_a_misspelling_that_a_product_has_is_still_searched_for() -> None:
    (need,) = plan_of("vaccum").needs

    best, *others = need.alternatives
    assert best == Alternative(("vacuum",), 1.0, AlternativeKind.CORRECTED)
    assert [(each.term, each.kind) for each in others] == [(("vaccum",), AlternativeKind.LITERAL)]
    assert others[0].weight < best.weight


def test_a_rare_word_that_the_rest_of_the_query_explains_is_not_corrected() -> None:
    assert plan_of("lamb wool").corrected_text is None


def test_a_known_stem_does_not_hide_a_form_that_no_product_has() -> None:
    words = {"sandals": 900, "sandling": 1, "battery": 800}

    assert plan_of("sandles", lexicon=lexicon_of(words)).corrected_text == "sandals"
    assert plan_of("batteries", lexicon=lexicon_of(words)).corrected_text is None


@pytest.mark.parametrize("text", ["ps5", "B0BRKXTSBT", "MYN-10017413", "p0ma"])
def test_codes_and_words_with_digits_are_not_corrected(text: str) -> None:
    assert plan_of(text).corrected_text is None


@pytest.mark.parametrize(
    ("pairs", "is_code"), [({}, True), ({"xbox 360": 9}, True), ({"xbox 360": 10}, False)]
)
@pytest.mark.parametrize("text", ["xbox 360 pads", "xbox360 pads"])
def test_a_code_that_titles_mostly_have_as_words_is_not_ranked_as_a_code(
    text: str, pairs: Mapping[str, int], is_code: bool
) -> None:
    lexicon = lexicon_of({"xbox": 60, "360": 90, "xbox360": 2, "pads": 70}, pairs)
    knowledge = Knowledge(
        stem=ANALYSIS.term, count=Engine().count, lexicon=lexicon, count_codes=Engine(xbox360=2).count
    )
    planned = plan(text, ANALYSIS.query_tokens(text), knowledge, ranking=DEFAULT_RANKING)
    kinds = {each.kind for each in planned.needs[0].alternatives}
    assert (AlternativeKind.CODE in kinds) is is_code


def test_a_word_of_newer_products_or_of_descriptions_is_looked_up_once_and_not_corrected() -> None:
    engine = Engine(neclace=200)

    planned = plan_of("red neclace lether", engine=engine)

    assert engine.asked == [["neclace", "lether"]]
    assert planned.corrected_text == "red neclace leather"


@pytest.mark.parametrize("text", ["wifi", "wi fi", "wi-fi"])
def test_a_word_and_its_parts_have_the_same_alternatives(text: str) -> None:
    (need,) = plan_of(text).needs

    assert {each.term for each in need.alternatives} == {("wifi",), ("wi", "fi")}


def test_two_words_that_are_one_unit_are_one_need() -> None:
    planned = plan_of("mac book leather case")

    assert [need.positions for need in planned.needs] == [(0, 1), (2,), (3,)]
    assert planned.needs[0].alternatives == (
        Alternative(("mac", "book"), 1.0, AlternativeKind.LITERAL),
        Alternative(("macbook",), 0.9, AlternativeKind.JOINED),
    )


def test_a_pair_that_hardly_occurs_apart_is_a_unit_unless_it_is_rarely_joined() -> None:
    words = {"bird": 90, "feeder": 60, "birdfeeder": 20, "t": 900, "shirt": 1_000, "tshirt": 20}
    pairs = {"bird feeder": 50, "t shirt": 800}

    def needs(text: str, **counts: int) -> int:
        return len(plan_of(text, lexicon=lexicon_of(words | counts, pairs)).needs)

    assert (needs("bird feeder"), needs("bird feeder", birdfeeder=2)) == (1, 2)
    assert needs("t shirt") == 1


def test_words_that_are_rarely_joined_stay_separate_needs_that_the_joined_word_satisfies() -> None:
    rarely_joined = lexicon_of({"bird": 90, "house": 900, "birdhouse": 2}, {"bird house": 30})

    planned = plan_of("bird house", lexicon=rarely_joined)

    assert planned.needs == tuple(
        Need(
            (place,),
            (Alternative((word,)), Alternative(("birdhouse",), 0.9, AlternativeKind.JOINED)),
        )
        for place, word in enumerate(("bird", "house"))
    )


def test_a_corrected_word_is_joined_as_it_is_meant() -> None:
    rarely_joined = lexicon_of({"bird": 900, "house": 900, "birdhouse": 2}, {"bird house": 30})

    planned = plan_of("brid house", lexicon=rarely_joined)

    joined = Alternative(("birdhouse",), 0.9, AlternativeKind.JOINED)
    assert planned.corrected_text == "bird house"
    assert all(joined in need.alternatives for need in planned.needs)


@pytest.mark.parametrize("text", ["lamp ball", "car, pet", "bed and sheet", "x ring"])
def test_words_are_not_joined_without_evidence_or_across_other_words(text: str) -> None:
    assert all(len(need.alternatives) == 1 for need in plan_of(text).needs)


def test_compounds_are_split_into_the_shops_words() -> None:
    assert terms(plan_of("damenschuhe")) == [[("damen", "schuhe")]]
    assert terms(plan_of("geburtstagskarte", links=("s",))) == [[("geburtstag", "karte")]]


def test_a_span_with_synonyms_is_known_and_its_synonyms_satisfy_its_needs() -> None:
    synonyms = Synonyms.of([SynonymSet(("wayer botle", "flask"))])

    planned = plan_of("red wayer botle", synonyms=synonyms)

    synonym = Alternative(("flask",), 0.9, AlternativeKind.SYNONYM)
    assert [need.alternatives[1:] for need in planned.needs] == [(), (synonym,), (synonym,)]
    assert planned.corrected_text is None


def test_features_can_be_switched_off() -> None:
    uncorrected = replace(DEFAULT_RANKING, corrects_spelling=False)
    apart = replace(DEFAULT_RANKING, joins_and_splits_words=False)

    assert terms(plan_of("neclace", ranking=uncorrected)) == [[("neclace",)]]
    assert terms(plan_of("mac bok", ranking=uncorrected)) == [[("mac",)], [("bok",)]]
    assert terms(plan_of("wi fi tshirt", ranking=apart)) == [[("wi",)], [("fi",)], [("tshirt",)]]


def test_without_a_lexicon_nothing_is_corrected() -> None:
    assert terms(plan_of("neclace wi fi", lexicon=EMPTY)) == [[("neclace",)], [("wi",)], [("fi",)]]


def test_levels_range_from_all_needs_to_any() -> None:
    def levels(needs: int) -> tuple[tuple[Matched, int], ...]:
        return Plan(tuple(Need((place,), ()) for place in range(needs))).levels()

    assert levels(1) == ((Matched.ALL, 1),)
    assert levels(2) == ((Matched.ALL, 2), (Matched.ANY, 1))
    assert levels(5) == ((Matched.ALL, 5), (Matched.MOST, 3), (Matched.ANY, 1))
