"""Topics of the outbox: declared, published and subscribed to consistently."""

import ast
import importlib
import inspect
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import AutoField, UUIDField

from backend.catalog.published_rows import PublishedModel
from backend.outbox.subscribers import Start
from backend.outbox.topics import Kind, Topic

ROOT = Path(__file__).parent.parent.parent
PUBLISHING = {"publish", "publish_many"}


def first_arguments() -> Iterator[tuple[str, ast.expr]]:
    """Yield the place and the first argument of each call of the outbox's `publish` or `publish_many`."""
    for path in sorted(set(ROOT.glob("backend/**/*.py")) - set(ROOT.glob("backend/outbox/*.py"))):
        tree = ast.parse(path.read_text())
        imported = {
            alias.asname or alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "backend.outbox.services"
            for alias in node.names
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in imported & PUBLISHING:
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node.args[0]


def subscriber_classes() -> list[type]:
    modules = [
        importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for path in sorted(ROOT.glob("backend/*/subscribers.py"))
        if path.parent.name != "outbox"
    ]
    return [
        value
        for module in modules
        for value in vars(module).values()
        if inspect.isclass(value) and value.__module__ == module.__name__ and hasattr(value, "handle")
    ]


def default(subscriber: type, name: str) -> object:
    fields = getattr(subscriber, "__dataclass_fields__", {})
    return fields[name].default if name in fields else getattr(subscriber, name)


def test_published_topics_are_declared_and_declared_topics_are_published() -> None:
    published = {where: ast.unparse(argument) for where, argument in first_arguments()}
    of_models = {
        f"Topic.{model.topic.name}" for model in apps.get_models() if issubclass(model, PublishedModel)
    }

    named = set(published.values()) - {"self.topic", "self.model.topic"}
    assert {f"Topic.{topic.name}" for topic in Topic} == named | of_models, published


@pytest.mark.parametrize("topic", Topic)
def test_the_model_of_a_topic_has_integer_ids_or_uuids_as_keys(topic: Topic) -> None:
    assert isinstance(apps.get_model(topic.model)._meta.pk, AutoField | UUIDField), topic


def test_fact_topics_have_different_models() -> None:
    models = Counter(topic.model for topic in Topic if topic.kind is Kind.FACT)

    assert models
    assert set(models.values()) == {1}


@pytest.mark.parametrize("subscriber", subscriber_classes(), ids=lambda subscriber: subscriber.__name__)
def test_every_subscriber_declares_its_topics_and_its_start(subscriber: type) -> None:
    topics = default(subscriber, "topics")

    assert isinstance(topics, frozenset)
    assert topics
    assert all(isinstance(topic, Topic) for topic in topics)
    assert isinstance(default(subscriber, "start"), Start)


def test_all_subscribers_were_found() -> None:
    assert {subscriber.__name__ for subscriber in subscriber_classes()} >= {
        "CategoryFanOut",
        "GenerationSubscriber",
        "OrderFacts",
        "Products",
        "GuestRecentProducts",
        "PaymentRequests",
        "ShopperLinks",
        "StockAlerts",
    }
