"""A bounded run of schemathesis over the whole API, in this process, with a fixed seed."""

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from copy import deepcopy
from typing import Any, NamedTuple

import schemathesis
from schemathesis import engine
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events

from tests.backend.api.schema.document import document

EXAMPLES = int(os.environ.get("TEST_SCHEMATHESIS_EXAMPLES", "6"))
SEED = 20260302
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
)


class UndocumentedResponse(NamedTuple):
    """An undocumented response: the operation, what is wrong, and a request that reproduces it."""

    operation: str
    problem: str
    request: str

    def __str__(self) -> str:
        return f"{self.operation}: {self.problem}\n    {self.request}"


class RunResult(NamedTuple):
    """The statuses of each operation's responses, and the undocumented responses."""

    statuses: Mapping[str, set[int]]
    found: list[UndocumentedResponse]


def run(
    application: Any,
    *,
    described: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    only: str = "",
    without: str = "",
    boundaries: bool = False,
    refused: Collection[str] = (),
) -> RunResult:
    """Send valid and invalid requests to each operation, of the path `only` or of all paths but `without`.

    Operations whose ids are in `refused` get one example instead of `EXAMPLES`, because all have the same response.
    With `boundaries`, also send requests with boundary values, which are many more. `described` is another
    document than that of the shop, which takes seconds to generate.
    """
    config = _config(headers or {}, boundaries=boundaries, refused=refused)
    whole = schemathesis.openapi.from_dict(deepcopy(dict(described or document())), config=config)
    whole.app, whole.location = application, "/api/schema/"
    # With settings for some operations, `include` would select these in addition to all others.
    schema = whole.exclude(_outside(only)) if only else whole.exclude(path=without)
    statuses: dict[str, set[int]] = {}
    found: dict[tuple[str, str], UndocumentedResponse] = {}
    for event in engine.from_schema(schema).execute():
        match event:
            case events.ScenarioFinished(recorder=recorder):
                received = statuses.setdefault(recorder.label, set())
                for interaction in recorder.interactions.values():
                    if interaction.response is not None:
                        received.add(interaction.response.status_code)
                for each in _failures(recorder):
                    found.setdefault((each.operation, each.problem), each)
            case events.NonFatalError(value=error) | events.FatalError(exception=error):
                raise error
    return RunResult(statuses, list(found.values()))


def _outside(path: str) -> Callable[[Any], bool]:
    """Return a function that returns whether an operation is not of the path."""
    return lambda context: context.operation.path != path


def _failures(recorder: Any) -> Iterator[UndocumentedResponse]:
    for checks in recorder.checks.values():
        for check in checks:
            if (info := check.failure_info) is not None:
                problem = f"{info.failure.title}: {info.failure.message}"
                yield UndocumentedResponse(recorder.label, problem, info.code_sample)


def _config(headers: Mapping[str, str], *, boundaries: bool, refused: Collection[str]) -> SchemathesisConfig:
    of_refused = {"include-operation-id": sorted(refused), "generation": {"max-examples": 1}}
    return SchemathesisConfig.from_dict(
        {
            "seed": SEED,
            "cache": {"enabled": False},
            "auth": {"auto-signup": False},
            "headers": dict(headers),
            "generation": {
                "mode": "all",
                "max-examples": EXAMPLES,
                "deterministic": True,
                "no-shrink": True,
                "database": "none",
            },
            "checks": {"enabled": False, **{name: {"enabled": True} for name in CHECKS}},
            "phases": {"stateful": {"enabled": False}, "coverage": {"enabled": boundaries}},
            # Invalid events of a batch are refused individually, with status 202 for the batch.
            "operations": [
                {
                    "include-operation-id": "events_create",
                    "checks": {"negative_data_rejection": {"enabled": False}},
                },
                # A busy machine is not ready, which the document says.
                {
                    "include-operation-id": "readiness_get",
                    "checks": {"not_a_server_error": {"enabled": False}},
                },
                *([of_refused] if refused else []),
            ],
        }
    )
