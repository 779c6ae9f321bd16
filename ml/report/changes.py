"""What changed since the versions before, in a report."""

from collections.abc import Mapping
from typing import Any

from ml import drift
from ml.drift import Check
from ml.report.elements import Html, paragraph, table


def drift_of(manifest: Mapping[str, Any]) -> Html:
    """Return the findings, and a table of all checks."""
    found = drift.stored(manifest)
    if found is None:
        return paragraph("Not recorded: an earlier release trained the version.")
    if not found.checks:
        return paragraph(
            f"Not compared: fewer than {drift.FEWEST_VERSIONS} judged versions before it have the same "
            "figures and 28 days of data, or it is a back-test."
        )
    names = ", ".join(check.name for check in found.found)
    summary = (
        paragraph(f"Drift: {names}.", kind="verdict failed")
        if names
        else paragraph("No drift.", kind="verdict passed")
    )
    note = paragraph(
        f"Compared with the {len(found.compared_with)} versions from {found.compared_with[0]} to "
        f"{found.compared_with[-1]}. Drift is a finding to look at; it doesn't stop publishing.",
        kind="note",
    )
    headings = ("check", "outcome", "distance", "limit", "in words")
    rows = [(check.name, _outcome(check), *_distance(check), check.reason) for check in found.checks]
    return Html(summary + note + table("All checks", headings, rows, kind="words"))


def _outcome(check: Check) -> Html:
    kind, word = ("failed", "drift") if check.drifted else ("passed", "as before")
    return Html(f'<span class="outcome {kind}">{word}</span>')


def _distance(check: Check) -> tuple[str, str]:
    if check.value is None:
        return f"PSI {check.distance:.3f}", f"{check.limit:.3f}"
    z = f"{check.distance:+.1f}" if abs(check.distance) < 1_000 else "all before were equal"
    return f"z {z}", f"±{check.limit:g}"
