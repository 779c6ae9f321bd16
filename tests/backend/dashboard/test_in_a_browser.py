"""The dashboard in a real browser: charts, keyboard, phone width, dark, without the chart library, and errors."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from analytics_pipeline.warehouse import Warehouse
from backend.dashboard.pages import PAGES
from tests.backend.config.admin_site.browser import logged_in
from tests.services.chromium import Page, browser

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.once]
DESKTOP, PHONE = (1280, 1600), (360, 780)
TALL = 8_000
LOADED = "!document.querySelector('[aria-busy]') && !document.querySelector('.waiting')"
CATEGORIES = ("Home > Lighting", "Home > Vases", "Garden > Furniture > Folding chairs and stools", "")


@pytest.fixture
def shop(warehouse: Warehouse) -> None:
    """Fill the warehouse with sales of 100 days in two currencies."""
    now = timezone.now()
    numbers = range(1, 301)
    warehouse.insert(
        "order_facts",
        {
            "movement_id": list(numbers),
            "kind": ["RETURN" if number % 13 == 0 else "SALE" for number in numbers],
            "order_id": list(numbers),
            "product_id": [number % 14 + 1 for number in numbers],
            "seller_id": [1 for _ in numbers],
            "quantity": [number % 3 + 1 for number in numbers],
            "amount": [f"{number * 37 % 211}.50" for number in numbers],
            "currency": ["EUR" if number % 5 else "USD" for number in numbers],
            "category_path": [CATEGORIES[number % len(CATEGORIES)] for number in numbers],
            "country": [("DE", "FR", "US")[number % 3] for number in numbers],
            "occurred_at": [now - timedelta(hours=8 * number) for number in numbers],
        },
    )


@pytest.fixture
def tab(live_server: Any, shop: None, tmp_path: Path) -> Iterator[Page]:
    """A tab of Chromium in which staff are logged in."""
    client = logged_in()
    with browser(tmp_path) as opened:
        cookie = client.cookies["admin_session"].value
        opened.call("Network.setCookie", name="admin_session", value=cookie, url=live_server.url)
        yield opened


def load_panels(tab: Page, size: tuple[int, int] = DESKTOP) -> None:
    """Let all panels of the page be in view, and return once they are loaded."""
    tab.resize(size[0], TALL)
    tab.wait_for(LOADED)
    tab.resize(*size)


def in_scheme(tab: Page, scheme: str) -> None:
    tab.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])


def test_the_dashboard_in_a_browser(tab: Page, live_server: Any, tmp_path: Path) -> None:
    site = f"{live_server.url}/dashboard/"
    pages = [page.name for page in PAGES]
    looks = (
        ("desktop", DESKTOP, "light", pages[:2]),
        ("phone", PHONE, "light", pages),
        ("dark", DESKTOP, "dark", pages[:1]),
    )
    for name, size, scheme, shown in looks:
        tab.resize(*size)
        in_scheme(tab, scheme)
        for page in shown:
            tab.open(f"{site}{page}/")
            load_panels(tab, size)
            # A phone makes its window as wide as the page.
            assert tab.evaluate("document.documentElement.scrollWidth") <= size[0], (name, page)
            tab.picture(tmp_path / f"{name}-{page}.png")
    tab.open(f"{site}sales/by-period/?period=last_90_days")
    tab.picture(tmp_path / "panel.png")
    tab.open(f"{site}definitions/sales/#net")
    tab.picture(tmp_path / "definition.png")
    assert tab.faults == [], tab.faults
    use_the_keyboard(tab, site)
    click_a_bar(tab, site)
    lose_the_chart_library(tab, site)
    lose_the_warehouse(tab, site)


def use_the_keyboard(tab: Page, site: str) -> None:
    """Skip to the content, choose other dates, and open a table and a definition."""
    tab.open(f"{site}sales/")
    load_panels(tab)
    tab.tab_to(".skip")
    tab.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "content"
    tab.tab_to("[data-period]")
    assert tab.evaluate("document.querySelector('[name=start_date]').disabled")
    tab.evaluate(
        "document.activeElement.value = 'custom'; document.activeElement.dispatchEvent(new Event('change'))"
    )
    first, last = (timezone.localdate() - timedelta(days=days) for days in (40, 0))
    for name, day in (("start_date", first), ("end_date", last)):
        tab.tab_to(f"[name={name}]")
        tab.evaluate(f"document.activeElement.value = '{day}'")
    tab.tab_to(".filters > button")
    tab.submit(to="/dashboard/sales/")
    assert f"start_date={first}" in tab.evaluate("location.search")
    load_panels(tab)
    assert tab.evaluate("document.querySelector('[data-status]').textContent") == "The numbers are loaded."
    tab.tab_to(".panel-line summary")
    tab.press("Enter")
    tab.wait_for("document.querySelector('.panel-line details').open")
    tab.tab_to(".panel-line .scroll")
    tab.tab_to(".panel-line th a")
    tab.submit(to="/dashboard/definitions/sales/")
    assert "Columns" in tab.text


def click_a_bar(tab: Page, site: str) -> None:
    """A bar leads to the numbers behind it."""
    tab.resize(*DESKTOP)
    tab.open(f"{site}sales/products/")
    tab.wait_for("!!document.querySelector('.chart canvas')")
    bars = "document.querySelector('.chart canvas').getBoundingClientRect()"
    x, y = tab.evaluate(f"(({{left, top}}) => [left + 120, top + 30])({bars})")
    tab.evaluate("window.isOld = true")
    for kind in ("mousePressed", "mouseReleased"):
        tab.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
    tab.wait_for("!window.isOld && location.pathname === '/dashboard/sales/orders/'")
    assert "product=" in tab.evaluate("location.search")
    assert tab.faults == [], tab.faults


def lose_the_chart_library(tab: Page, site: str) -> None:
    """Without it, tables are open; without any script, panels are links."""
    tab.call("Network.setBlockedURLs", urls=["*chart.js"])
    tab.open(f"{site}sales/")
    load_panels(tab)
    assert tab.evaluate("[...document.querySelectorAll('.panel-line details')].every(each => each.open)")
    tab.call("Network.setBlockedURLs", urls=["*.js"])
    tab.open(f"{site}sales/")
    tab.tab_to("[data-panel] a")
    tab.submit(to="/dashboard/sales/figures/")
    assert "Average order" in tab.text
    tab.call("Network.setBlockedURLs", urls=[])


def lose_the_warehouse(tab: Page, site: str) -> None:
    """A panel that can't be loaded says so, and can be loaded again."""
    tab.open(f"{site}sales/")
    load_panels(tab)
    tab.call("Network.setBlockedURLs", urls=["*figures*"])
    tab.open(f"{site}sales/")
    tab.wait_for("!!document.querySelector('[data-retry]')")
    assert "can't be reached" in tab.text
    tab.call("Network.setBlockedURLs", urls=[])
    tab.tab_to("[data-retry]")
    tab.press("Enter")
    tab.wait_for("!!document.querySelector('.panel .figures')")
