"""Which device and which bot the headers of a request mean; user_agents.csv has the cases."""

import csv
from pathlib import Path

import pytest

from backend.api.user_agents import kind_of

with Path(__file__).with_name("user_agents.csv").open(encoding="utf-8", newline="") as file:
    CASES = list(csv.DictReader(file))


@pytest.mark.parametrize("case", CASES, ids=[each["user_agent"][:60] for each in CASES])
def test_headers_mean_a_device_and_perhaps_a_bot(case: dict[str, str]) -> None:
    found = kind_of(case["user_agent"], mobile=case["mobile"], platform=case["platform"])
    assert (found.device, found.is_bot) == (case["device"], case["is_bot"] == "1")
