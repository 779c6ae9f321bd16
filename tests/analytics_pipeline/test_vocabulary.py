"""docs/events.md is what the event types say."""

from analytics_pipeline.vocabulary import PAGE, page


def test_the_page_is_generated_from_the_event_types() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m analytics_pipeline.vocabulary`"
