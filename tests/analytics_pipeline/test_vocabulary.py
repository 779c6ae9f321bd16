"""docs/events.md is generated from the event types."""

from analytics_pipeline.vocabulary import PAGE, page


def test_the_page_matches_the_event_types() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m analytics_pipeline.vocabulary`"
