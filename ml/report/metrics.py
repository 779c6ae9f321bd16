"""The metrics of a version, and those of the versions before it."""

from collections.abc import Mapping, Sequence
from typing import Any

from ml import product_pages, segments
from ml.registry import Version
from ml.report.elements import Html, Point, chart, paragraph, table
from ml.report.words import recipe_text

ORDER = ("new", "serving", "popularity")


def metrics(manifest: Mapping[str, Any]) -> Html:
    """Return the metrics on the test part: by segment, of each algorithm, and of product pages."""
    tested = manifest.get("tested") or {}
    if not tested:
        return paragraph("Nothing was tested: the history was too short.")
    names = [name for name in next(iter(tested.values()))["metrics"] if name != "users"]
    rows = [
        (
            name,
            recipe_text(one),
            *(f"{one['metrics'][key]:.4f}" for key in names),
            f"{one['metrics']['users']:,}",
        )
        for name, one in tested.items()
    ]
    parts = [table("On the test part", ("algorithm", "recipe", *names, "users"), rows)]
    found = segments.stored(manifest)
    if found:
        parts.insert(0, _by_segment(found))
    if measured := (manifest.get("product_pages") or {}).get("measured"):
        parts.append(_pages(measured))
    return Html("".join(parts))


def _by_segment(found: Mapping[str, Mapping[str, segments.SegmentMean]]) -> Html:
    parts = [
        paragraph(
            "NDCG@20 on new interactions after the split, with 95 % intervals over test users. Persons are "
            "cold with at most 2 products before it, warm with 3 to 20, heavy with more.",
            kind="note",
        )
    ]
    for segment in sorted({name for one in found.values() for name in one}, key=segments.order):
        points = [
            Point(name, one[segment].mean, one[segment].low, one[segment].high, kind(name))
            for name, one in sorted(found.items(), key=lambda one: ORDER.index(kind(one[0])))
            if segment in one
        ]
        users = max(one[segment].users for one in found.values() if segment in one)
        parts.append(chart(f"Persons, {segment} ({users:,} users)", points))
    return Html("".join(parts))


def kind(recipe: str) -> str:
    """Return the class of a recipe in charts."""
    first = recipe.split(maxsplit=1)[0]
    return first if first in {"popularity", "serving"} else "new"


def _pages(measured: Mapping[str, Any]) -> Html:
    name = f"recall@{product_pages.K}"
    known = measured["segments"]
    parts = {"all": measured, **{name: known[name] for name in product_pages.SEGMENTS if name in known}}
    rows = [
        (
            label,
            f"{one['pages']:,}",
            f"{one[name]:.4f}",
            f"{one['collaborative']:.4f}",
            f"{one['low']:+.4f} to {one['high']:+.4f}",
        )
        for label, one in parts.items()
    ]
    headings = ("shoppers before", "pages", name, "without texts", "difference, 95 %")
    return table(f"Product pages, {measured['orders']:,} later orders", headings, rows)


def history(judged: Sequence[Version]) -> Html:
    """Return the primary metric of the versions that were judged; the last one is the report's own."""
    found = [(version, segments.stored(version.manifest)) for version in judged]
    parts = []
    for recipe in ("hybrid", "collaborative", "popularity"):
        points = [
            Point(version.id, one.mean, one.low, one.high, "new" if version is judged[-1] else "popularity")
            for version, means in found
            if (one := means.get(recipe, {}).get(segments.ALL)) is not None
        ]
        if points:
            parts.append(chart(f"NDCG@20 of {recipe} by version, 95 % intervals", points))
    note = (
        "Each version was tested with its own data and users, so that a difference may be one of the data. "
        "The verdict not_worse_than_serving compares recipes on the same rows."
    )
    return Html(
        paragraph(note, kind="note") + "".join(parts) if parts else paragraph("No version has metrics.")
    )
