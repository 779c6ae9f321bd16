"""The search settings that are read from the environment."""

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
def test_elasticsearch_is_chosen_if_its_url_is_set_and_no_engine_is_named(
    environ: dict[str, str], engine: str
) -> None:
    assert SearchSettings.from_env(environ).engine == engine


@pytest.mark.parametrize(
    ("environ", "variable"),
    [
        ({"VITRINE_SEARCH_ENGINE": "lucene"}, "VITRINE_SEARCH_ENGINE"),
        ({"VITRINE_SEARCH_ENGINE": "elasticsearch"}, "ELASTICSEARCH_URL"),
        ({"VITRINE_LANGUAGE": "klingon"}, "VITRINE_LANGUAGE"),
        ({"ELASTICSEARCH_URL": "localhost:9200"}, "ELASTICSEARCH_URL"),
        ({"VITRINE_SEARCH_SHARDS": "0"}, "VITRINE_SEARCH_SHARDS"),
        ({"VITRINE_SEARCH_SHARDS": "two"}, "VITRINE_SEARCH_SHARDS"),
        ({"VITRINE_SEARCH_REPLICAS": "-1"}, "VITRINE_SEARCH_REPLICAS"),
        ({"VITRINE_SEARCH_COLLAPSE": "style,Brand"}, "VITRINE_SEARCH_COLLAPSE"),
        ({"VITRINE_SEARCH_COLLAPSE": "a,b,c,d,e,f,g,h,i,j,k"}, "VITRINE_SEARCH_COLLAPSE"),
    ],
)
def test_the_error_for_an_invalid_value_names_its_variable(environ: dict[str, str], variable: str) -> None:
    with pytest.raises(SettingsError) as error:
        SearchSettings.from_env(environ)
    assert error.value.variable == variable


def test_attributes_of_groups_are_compared_without_case() -> None:
    assert SearchSettings.from_env({"VITRINE_SEARCH_COLLAPSE": "Style , model  no,,style"}).collapses == (
        "style",
        "model no",
    )


def test_generations_are_kept_below_the_home() -> None:
    assert SearchSettings.from_env({"VITRINE_HOME": "/srv/shop"}).home == Path("/srv/shop/search")
