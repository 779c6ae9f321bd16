"""A shopper uses InstantSearch's widgets in a real browser, on a page that another server has."""

import json
import re
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.clients import npm
from tests.clients.copies import EXAMPLES
from tests.services.chromium import Page, browser
from tests.services.shop import Shop
from tests.services.waiting import wait_until

pytestmark = [pytest.mark.stores, pytest.mark.node, pytest.mark.browser, pytest.mark.once]

CATEGORIES, BRANDS, COLOURS, SIZES, PRICES, RATINGS = (
    f"#facets > :nth-child({place})" for place in range(1, 7)
)
TITLES = "#hits li span"
# The widget also has a text for screen readers, which it changes some time after the other.
FOUND = "document.querySelector('#stats .ais-Stats-text')?.innerText.trim()"
COUNTS = """Object.fromEntries([...document.querySelectorAll('{section} li')].map((item) => [
    item.querySelector('.ais-RefinementList-labelText, .ais-HierarchicalMenu-label').innerText.trim(),
    Number(item.querySelector('.ais-RefinementList-count, .ais-HierarchicalMenu-count').innerText),
]))"""

FAIL_TWICE = """const shop = window.fetch;
let attempts = 0;
window.fetch = async (...request) => {
    attempts += 1;
    if (attempts > 2) return shop(...request);
    const body = {error: 'The shop is busy.', code: 'search_unavailable', details: {}};
    return Response.json(body, {status: 503, headers: {'Retry-After': '1'}});
}"""


class Handler(SimpleHTTPRequestHandler):
    """Serves files, and doesn't log."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
        """Do nothing."""


@pytest.fixture(scope="module")
def page(shop: Shop, page_port: int) -> Iterator[str]:
    """The address of the example's page for this shop, which knows all words, with three hits on a page."""
    wait_until(
        lambda: shop.get("/api/search/?q=teap&prefix=last")[1].get("count") == 7, what="beginnings are found"
    )
    folder = npm.installed(EXAMPLES / "instantsearch")
    html = (EXAMPLES / "instantsearch" / "index.html").read_text()
    for name, content in (
        ("shop", f"http://127.0.0.1:{shop.port}"),
        ("attributes", "Colour, Size"),
        ("hits", "3"),
    ):
        html = re.sub(f'(name="{name}" content=")[^"]*', rf"\g<1>{content}", html)
    (folder / "index.html").write_text(html)
    handler = partial(Handler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", page_port), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{page_port}/index.html"
        server.shutdown()
        thread.join()


@pytest.fixture
def tab(page: str, tmp_path: Path) -> Iterator[Page]:
    """A tab that shows the teapots, found by the beginning of the word."""
    with browser(tmp_path) as opened:
        opened.open(page)
        opened.enter("#search input", "teap")
        expect_found(opened, 7)
        yield opened


def expect_found(tab: Page, number: int) -> None:
    """Wait until the statistics say that so many products were found."""
    tab.wait_for(f"{FOUND} === '{number} found'")


def expect_texts(tab: Page, selector: str, *texts: str) -> None:
    """Wait until exactly these texts are in the elements, in this order."""
    elements = f"[...document.querySelectorAll({json.dumps(selector)})]"
    tab.wait_for(f"{elements}.map((each) => each.innerText.trim()).join() === {json.dumps(','.join(texts))}")


def counts(tab: Page, section: str) -> dict[str, int]:
    """Return the values of a facet with their counts."""
    found: dict[str, int] = tab.evaluate(COUNTS.format(section=section))
    return found


def click(tab: Page, selector: str) -> None:
    """Click on the element."""
    tab.evaluate(f"document.querySelector({json.dumps(selector)}).click()")


def clear(tab: Page) -> None:
    """Clear all refinements."""
    click(tab, "#clear button")
    expect_found(tab, 7)


def is_narrowed(tab: Page, *, highest: str, number: int) -> bool:
    """Enter the highest price, and return whether so many products are found.

    The widget forgets what was typed if it is rendered before it is submitted, so this may need another attempt.
    """
    tab.enter(f"{PRICES} .ais-RangeInput-input--max", highest)
    tab.press("Enter")
    return bool(tab.evaluate(FOUND) == f"{number} found")


def test_values_are_counted_without_the_filter_of_their_own_facet(tab: Page) -> None:
    brands = {"Klar": 3, "Kiln & Co: West": 2, "Tetsu": 2}
    assert counts(tab, BRANDS) == brands
    assert counts(tab, COLOURS) == {"red": 3, "clear": 2, "black": 1, "grey": 1}

    click(tab, f"{BRANDS} input[value=Klar]")
    expect_found(tab, 3)
    assert counts(tab, BRANDS) == brands
    assert counts(tab, COLOURS) == {"clear": 2, "grey": 1}

    click(tab, f"{BRANDS} input[value^=Kiln]")
    expect_found(tab, 5)
    click(tab, f"{COLOURS} input[value=red]")
    expect_found(tab, 2)
    assert counts(tab, BRANDS) == {"Kiln & Co: West": 2, "Tetsu": 1, "Klar": 0}
    assert "Kiln & Co: West" in tab.evaluate("document.querySelector('#refinements').innerText")
    clear(tab)
    assert tab.faults == []


def test_categories_prices_and_ratings_narrow_the_hits(tab: Page) -> None:
    assert counts(tab, CATEGORIES) == {"Tea": 7}
    click(tab, f"{CATEGORIES} a")
    tab.wait_for(f"document.querySelectorAll('{CATEGORIES} li').length === 3")
    assert counts(tab, CATEGORIES) == {"Tea": 7, "Teapots": 6, "Travel": 1}
    click(tab, f"{CATEGORIES} li li a")
    expect_found(tab, 6)
    assert counts(tab, CATEGORIES) == {"Tea": 7, "Teapots": 6, "Clay": 2, "Glass": 2, "Iron": 2, "Travel": 1}
    clear(tab)

    expect_texts(tab, f"{RATINGS} .ais-RatingMenu-count", "2", "3", "4", "4")
    click(tab, f"{RATINGS} li a")
    expect_found(tab, 2)
    clear(tab)

    wait_until(lambda: is_narrowed(tab, highest="30", number=3), what="the price is a filter")
    clear(tab)
    assert tab.faults == []


def test_a_search_that_the_shop_cannot_answer_is_repeated_when_it_says_so(tab: Page) -> None:
    tab.evaluate(FAIL_TWICE)
    click(tab, f"{BRANDS} input[value=Klar]")
    expect_found(tab, 3)
    assert tab.faults == []


def test_hits_are_sorted_and_a_page_after_the_last_one_is_empty(tab: Page, page: str) -> None:
    choose = "const order = document.querySelector('#order select'); order.value = 'price_low';"
    tab.evaluate(f"{choose} order.dispatchEvent(new Event('change', {{bubbles: true}}))")
    expect_texts(tab, TITLES, "Travel teapot", "Clay teapot", "Round clay teapot")

    click(tab, "#pages .ais-Pagination-item--lastPage a")
    expect_texts(tab, TITLES, "Iron teapot")
    assert tab.faults == []

    tab.open(f"{page}?relevance%5Bquery%5D=teapot&relevance%5Bpage%5D=9")
    expect_found(tab, 7)
    expect_texts(tab, TITLES)
    assert counts(tab, BRANDS)["Klar"] == 3
    click(tab, "#pages .ais-Pagination-item--firstPage a")
    tab.wait_for("document.querySelectorAll('#hits li').length === 3")


def test_a_click_is_credited_to_the_query_that_was_completed(tab: Page, shop: Shop, staff: str) -> None:
    tab.enter("#search input", "clay")
    expect_found(tab, 2)
    tab.press("Enter")
    wait_until(lambda: reported(shop, staff=staff)["searches"] == 1, what="the search is reported")
    click(tab, "#hits li:nth-child(2) a")
    tab.wait_for("location.pathname === '/product.html'")

    clicked = {"clicks": 1, "mean_position": 2}
    wait_until(lambda: clicked.items() <= reported(shop, staff=staff).items(), what="the click is reported")
    assert tab.faults == []


def reported(shop: Shop, *, staff: str) -> dict[str, float]:
    """Return the row of the query "clay" in the report of queries; zeros until the warehouse can be asked for it."""
    # The browser calls itself HeadlessChrome, which is a known bot.
    status, body = shop.get("/api/analytics/reports/queries/?bots=include", token=staff)
    assert status in (200, 503), body
    rows = [row for row in body["data"]["rows"] if row["query"] == "clay"] if status == 200 else []
    return rows[0] if rows else {"searches": 0, "clicks": 0, "mean_position": 0}
