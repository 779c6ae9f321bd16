"""The log contains tracebacks, but not the values of variables."""

import io
import json
import logging
import logging.config
from collections.abc import Iterator

import pytest
from django.conf import settings

from backend.config.logging import logging_configuration


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    configuration = logging_configuration(level="INFO", plain=False)
    configuration["handlers"]["stderr"]["stream"] = stream
    logging.config.dictConfig(configuration)
    yield stream
    logging.config.dictConfig(settings.LOGGING)


def _fail(*, password: str) -> None:
    raise ConnectionError(f"refused after {len(password)} characters")


def test_a_traceback_does_not_show_the_values_of_variables(lines: io.StringIO) -> None:
    try:
        _fail(password="hunter2-hunter2")
    except ConnectionError:
        logging.getLogger("backend.somewhere").exception("it failed")
    assert json.loads(lines.getvalue())["exception"][0]["frames"]
    assert "hunter2" not in lines.getvalue()
