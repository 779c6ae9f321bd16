"""The settings of search in the environment."""

from pathlib import Path

import pytest

from indexing.settings import SearchSettings, SettingsError

URL = "http://localhost:9200"


@pytest.mark.parametrize(
    ("environ", "engine"),
    [
        ({}, "tantivy"),
        ({"ELASTICSEARCH_URL": URL}, "elasticsearch"),
        ({"ELASTICSEARCH_URL": URL, "VITRINE_SEARCH_ENGINE": "tantivy"}, "tantivy"),
        ({"ELASTICSEARCH_URL": "", "VITRINE_SEARCH_ENGINE": ""}, "tantivy"),
    ],
)
def test_an_address_chooses_elasticsearch_unless_told_otherwise(environ: dict[str, str], engine: str) -> None:
    assert SearchSettings.from_env(environ).engine == engine


@pytest.mark.parametrize(
    ("environ", "variable"),
    [
        ({"VITRINE_SEARCH_ENGINE": "lucene"}, "VITRINE_SEARCH_ENGINE"),
        ({"VITRINE_SEARCH_ENGINE": "elasticsearch"}, "ELASTICSEARCH_URL"),
        ({"ELASTICSEARCH_URL": "localhost:9200"}, "ELASTICSEARCH_URL"),
    ],
)
def test_an_invalid_value_names_its_variable(environ: dict[str, str], variable: str) -> None:
    with pytest.raises(SettingsError) as error:
        SearchSettings.from_env(environ)
    assert error.value.variable == variable


def test_generations_are_kept_below_the_home() -> None:
    assert SearchSettings.from_env({"VITRINE_HOME": "/srv/shop"}).home == Path("/srv/shop/search")
