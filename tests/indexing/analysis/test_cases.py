"""Which queries find which texts, by language: the files in `cases`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from indexing.analysis import analysis_for

CASES = Path(__file__).parent / "cases"


def cases() -> Iterator[ParameterSet]:
    for path in sorted(CASES.glob("*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("# "):
                query, _, text = line.partition("~")
                is_found = not query.endswith("!")
                query = query.removesuffix("!").strip()
                yield pytest.param(path.stem, query, text.strip(), is_found, id=f"{path.stem}: {line}")


@pytest.mark.parametrize(("language", "query", "text", "is_found"), list(cases()))
def test_a_query_finds_a_text(language: str, query: str, text: str, is_found: bool) -> None:
    analysis = analysis_for(language)
    indexed = set(analysis.field(text).terms.split())
    searched = {token.stem for token in analysis.query_tokens(query)}

    assert searched, "the query has words"
    assert (searched <= indexed) is is_found, (searched, indexed)
