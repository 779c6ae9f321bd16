"""Names in the configuration refer to things that exist."""

from collections import Counter

import pytest
from django.conf import settings
from django.utils.module_loading import import_string

from backend.config.celery import app
from backend.config.schedule import BEAT_SCHEDULE
from backend.outbox.topics import Topic

PUBLISHED_TOPICS = set(Topic)


@pytest.mark.parametrize("entry", BEAT_SCHEDULE.values(), ids=BEAT_SCHEDULE.keys())
def test_every_scheduled_task_exists(entry: dict[str, object]) -> None:
    app.loader.import_default_modules()
    assert entry["task"] in app.tasks


@pytest.mark.django_db(transaction=True)
def test_subscribers_have_unique_names_and_topics_that_are_published() -> None:
    subscribers = import_string(settings.OUTBOX_SUBSCRIBERS)()
    names = Counter(subscriber.name for subscriber in subscribers)
    assert len(names) > 2
    assert set(names.values()) == {1}
    assert set().union(*(subscriber.topics for subscriber in subscribers)) <= PUBLISHED_TOPICS
    assert all(subscriber.batch_size > 0 and subscriber.quiet_seconds >= 0 for subscriber in subscribers)
