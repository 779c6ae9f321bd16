"""The sentences of a merchandiser, and how each is checked.

"contain 'ear ring|earring'" is about titles: a word begins with "ear ring" or "earring", without case and accents.
"mostly" means seven of ten. A sentence about the first ten is about all products if there are fewer.
"""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal

from indexing.document import ProductDocument
from tests.acceptance.search_scenarios.observed import Observed, holds

MOSTLY = 0.7

Check = Callable[..., None]
CHECKS: list[tuple[re.Pattern[str], Check]] = []


def check(observed: Observed, expectation: str) -> None:
    """Assert that `expectation` holds.

    Raises:
        LookupError: no check has this sentence.
    """
    for pattern, one in CHECKS:
        if found := pattern.fullmatch(expectation):
            one(observed, **found.groupdict())
            return
    raise LookupError(expectation)


def is_known(expectation: str) -> bool:
    """Return whether a check has this sentence."""
    return any(pattern.fullmatch(expectation) for pattern, _ in CHECKS)


def sentence(pattern: str) -> Callable[[Check], Check]:
    """Register a check for sentences like `pattern`, in which <name> is a quoted text and #name a number."""
    regular = re.sub(r"(?<!P)<(\w+)>", r"'(?P<\1>[^']*)'", pattern)
    regular = re.sub(r"#(\w+)", r"(?P<\1>[0-9.]+)", regular)

    def register(one: Check) -> Check:
        CHECKS.append((re.compile(regular), one))
        return one

    return register


@sentence("first is SKU <sku>")
def first_is(observed: Observed, sku: str) -> None:
    """Check the first product."""
    first = observed.first(1)[0]
    assert sku in _skus(first), f"the first is {shown([first])}"


@sentence("SKU <sku> is in the top #number")
def is_near_the_top(observed: Observed, sku: str, number: str) -> None:
    """Check that one of the first products has an SKU."""
    found = observed.first(int(number))
    assert any(sku in _skus(each) for each in found), shown(found)


@sentence("SKU <sku> is not found")
def is_not_found(observed: Observed, sku: str) -> None:
    """Check that no product of the page has an SKU."""
    assert not any(sku in _skus(hit.product) for hit in observed.page.hits)


@sentence("first contains <words>")
def first_contains(observed: Observed, words: str) -> None:
    """Check the title of the first product."""
    first = observed.first(1)
    assert holds(first[0].title, words), f"the first is {shown(first)}"


@sentence("top #number (?P<share>all|mostly) contain <words>")
def top_contain(observed: Observed, number: str, share: str, words: str) -> None:
    """Check the titles of the first products."""
    _share(observed.first(int(number)), share, lambda each: holds(each.title, words))


@sentence("one of the top #number contains <words>")
def one_contains(observed: Observed, number: str, words: str) -> None:
    """Check that a title of the first products has the words."""
    found = observed.first(int(number))
    assert any(holds(each.title, words) for each in found), shown(found)


@sentence("none of the top #number contains <words>")
def none_contains(observed: Observed, number: str, words: str) -> None:
    """Check that no title of the first products has the words."""
    wrong = [each for each in observed.first(int(number)) if holds(each.title, words)]
    assert not wrong, shown(wrong)


@sentence("top #number (?P<share>all|mostly) in category <name>")
def top_in_category(observed: Observed, number: str, share: str, name: str) -> None:
    """Check the categories of the first products, including those above their own."""
    _share(
        observed.first(int(number)), share, lambda each: any(holds(one.name, name) for one in each.categories)
    )


@sentence("top #number (?P<share>all|mostly) of brand <name>")
def top_of_brand(observed: Observed, number: str, share: str, name: str) -> None:
    """Check the brands of the first products; a title that begins with the brand counts."""
    _share(
        observed.first(int(number)),
        share,
        lambda each: holds(f"{each.brand} {each.title[: len(name)]}", name),
    )


@sentence("top #number (?P<share>all|mostly) cost at (?P<limit>most|least) #amount")
def top_cost(observed: Observed, number: str, share: str, limit: str, amount: str) -> None:
    """Check the sale prices of the first products."""
    bound, sign = Decimal(amount), 1 if limit == "most" else -1
    _share(observed.first(int(number)), share, lambda each: (each.sale_price - bound) * sign <= 0)


@sentence("prices (?P<direction>rise|fall)")
def prices_are_ordered(observed: Observed, direction: str) -> None:
    """Check that the page is sorted by price."""
    prices = [each.sale_price for each in observed.first(observed.scenario.page_size)]
    assert prices == sorted(prices, reverse=direction == "fall")


@sentence("ratings fall")
def ratings_fall(observed: Observed) -> None:
    """Check that the page is sorted by rating."""
    ratings = [each.rating_score or 0 for each in observed.first(observed.scenario.page_size)]
    assert ratings == sorted(ratings, reverse=True)


@sentence("nothing is found")
def nothing_is_found(observed: Observed) -> None:
    """Check that there are no products."""
    assert observed.page.count == 0, shown(observed.first(5))


@sentence("count is at least #number")
def count_at_least(observed: Observed, number: str) -> None:
    """Check the number of products."""
    assert observed.page.count >= int(number), observed.page.count


@sentence("count is at most #number")
def count_at_most(observed: Observed, number: str) -> None:
    """Check the number of products."""
    assert observed.page.count <= int(number), observed.page.count


@sentence("count equals that of <query>")
def count_equals(observed: Observed, query: str) -> None:
    """Check that another query finds as many products."""
    assert observed.page.count == observed.page_of(query).count, (
        f"{observed.page.count}, but {observed.page_of(query).count} for {query!r}"
    )


@sentence("top #number are those of <query>")
def top_are_those(observed: Observed, number: str, query: str) -> None:
    """Check that another query has the same first products, in any order."""
    found = observed.first(int(number))
    others = [hit.product for hit in observed.page_of(query).hits[: int(number)]]
    assert {each.id for each in found} == {each.id for each in others}, f"{shown(found)}; not {shown(others)}"


@sentence("corrected to <text>")
def corrected_to(observed: Observed, text: str) -> None:
    """Check the corrected query."""
    assert observed.page.corrected_text == text, observed.page.corrected_text


@sentence("not corrected")
def not_corrected(observed: Observed) -> None:
    """Check that no word of the query was replaced."""
    assert observed.page.corrected_text is None, observed.page.corrected_text


@sentence("all words match")
def all_words_match(observed: Observed) -> None:
    """Check that the query wasn't relaxed."""
    assert observed.page.matched.value == "all", observed.page.matched.value


@sentence("understood (?P<name>[a-z_]+) is <value>")
def understood_is(observed: Observed, name: str, value: str) -> None:
    """Check how the query was understood; several values are joined by commas."""
    assert hasattr(observed.understood, name), f"{name} is not understood"
    seen = getattr(observed.understood, name)
    text = ", ".join(map(str, seen)) if isinstance(seen, tuple) else str(seen)
    assert text == value, text


@sentence("nothing else is understood")
def nothing_is_understood(observed: Observed) -> None:
    """Check that no word of the query became a condition."""
    for name in ("min_price", "max_price", "excluded"):
        assert not getattr(observed.understood, name, None), name


@sentence("facet (?P<name>(?!categories)\\w+) has <value>(?: with #number)?")
def facet_has(observed: Observed, name: str, value: str, number: str | None) -> None:
    """Check a value of a facet; `name` is brands, or the name of an attribute."""
    found = [count for each, count, _ in _values(observed, name) if each == value]
    assert found, _values(observed, name)
    assert number is None or found == [int(number)], found


@sentence("facet (?P<name>\\w+) has <value> as selected")
def facet_has_selected(observed: Observed, name: str, value: str) -> None:
    """Check that a facet shows what is selected, with the number of products."""
    found = [(each, count) for each, count, is_selected in _values(observed, name) if is_selected]
    assert [each for each, _ in found] == [value], found
    assert found[0][1] == observed.page.count, f"{found}, but {observed.page.count} products"


@sentence("facet categories has <path>(?: with #number)?")
def category_facet_has(observed: Observed, path: str, number: str | None) -> None:
    """Check a category of the tree, by its path."""
    names, level = path.split(" > "), getattr(observed.page.facets, "categories", ())
    for depth in range(len(names)):
        matching = [each for each in level if each.path == " > ".join(names[: depth + 1])]
        assert matching, [each.path for each in level]
        level = matching[0].children
    assert number is None or matching[0].count == int(number), matching[0].count


@sentence("suggests <text>(?: first)?")
def suggests(observed: Observed, text: str) -> None:
    """Check the suggestions."""
    assert text in observed.suggestions, observed.suggestions


@sentence("first suggestions contain <words>")
def first_suggestions_contain(observed: Observed, words: str) -> None:
    """Check the first three suggestions."""
    found = observed.suggestions[:3]
    assert found, "nothing is suggested"
    assert all(holds(each, words) for each in found), found


@sentence("suggests nothing")
def suggests_nothing(observed: Observed) -> None:
    """Check that there are no suggestions."""
    assert observed.suggestions == [], observed.suggestions


@sentence("first hit shows the variant <sku>")
def shows_variant(observed: Observed, sku: str) -> None:
    """Check which variant of the first product matched."""
    hit = observed.page.hits[0]
    assert hit.variant is not None, "no condition distinguishes the variants"
    assert hit.variant.sku == sku, hit.variant


@sentence("first hit highlights <text>")
def highlights(observed: Observed, text: str) -> None:
    """Check which part of the first title is highlighted."""
    found = observed.page.hits[0].highlights
    assert found is not None, "no words were searched"
    assert text in found.matched, found.matched


@sentence("redirected to <address>")
def redirected(observed: Observed, address: str) -> None:
    """Check where the shopper is sent."""
    assert observed.redirect == address, observed.redirect


def shown(products: Sequence[ProductDocument]) -> str:
    """Return the titles and SKUs of products for a message."""
    return "; ".join(f"{each.title[:70]!r} ({each.variants[0].sku}, {each.sale_price})" for each in products)


def _share(found: Sequence[ProductDocument], share: str, is_right: Callable[[ProductDocument], bool]) -> None:
    wrong = [each for each in found if not is_right(each)]
    allowed = 0 if share == "all" else len(found) * (1 - MOSTLY)
    assert len(wrong) <= allowed, f"{len(wrong)} of {len(found)} are wrong: {shown(wrong)}"


def _skus(product: ProductDocument) -> set[str]:
    return {each.sku for each in product.variants}


def _values(observed: Observed, name: str) -> list[tuple[str, int, bool]]:
    facets = observed.page.facets
    assert facets is not None
    if name == "brands":
        return [(each.value, each.count, each.selected) for each in facets.brands]
    buckets = (each for facet in facets.attributes if facet.name == name for each in facet.buckets)
    return [(each.value, each.count, each.selected) for each in buckets]
