"""The embedded Valkey starts when its volume has free space."""

from pathlib import Path

import pytest

from analytics_pipeline.valkey import wait_for_space


@pytest.mark.parametrize(
    ("megabytes", "pauses"), [([500], 0), ([0, 3, 7, 8], 3)], ids=["with space", "on a full volume"]
)
def test_valkey_waits_while_its_volume_is_full(
    megabytes: list[int], pauses: int, capsys: pytest.CaptureFixture[str]
) -> None:
    remaining = list(megabytes)
    paused = []

    def pause() -> None:
        paused.append(remaining.pop(0))

    wait_for_space(Path("home"), free=lambda _: remaining[0] * 2**20, pause=pause)

    assert paused == megabytes[:pauses]
    assert capsys.readouterr().err.count("has 8 MB left") == bool(pauses)
