"""The model card of a version, in Markdown: what it is for, what it learned from, how good it is, its limits.

The sections are those of Mitchell et al., "Model Cards for Model Reporting", 2019.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ml import drift, gates, segments
from ml.gates import Outcome
from ml.registry import SHOPPERS, Version
from ml.report.words import minute, recipe_text

USE = """\
Lists of products for the pages of one shop: for shoppers with a history, for the pages of products, and for
everyone.

Not intended for: prices, credit, eligibility or any other decision about a person; another shop.
"""
LIMITS = f"""\
- The metrics are of past behaviour, which was influenced by what was shown. They say how well a recipe
  predicts it, not what a list earns; reports of exposures and revenue do.
- Products that are newer than the data are in none of these lists.
- Segments of fewer than {gates.MIN_SEGMENT_USERS} test users are not judged; with fewer than
  {gates.MIN_USERS} test users no personal list is published.
"""
ETHICS = """\
- Lists of persons are personal data: each row has the random key of a shopper, the products recommended to
  that shopper, and for some of them the product of the history that explains it. Names, addresses, phone
  numbers and texts of people are not among what models learn from.
- Other lists have no keys. A product of very few buyers may be listed beside what they bought.
- Erasing a shopper deletes the mapping of the key, the rows in the warehouse, and the shopper's lists in all
  versions that are kept. Recipes and metrics stay, because they are sums over many shoppers.
- No attribute of persons is used, so that differences between groups of people can't be measured here.
"""


def card(version: Version) -> Iterator[str]:
    """Yield the lines of the card."""
    manifest = version.manifest
    yield f"# Model card: version {version.id}"
    yield ""
    yield f"Trained {minute(manifest['created_at'])} UTC on data until {minute(manifest['as_of'])} UTC."
    yield f"Verdict: {_verdict(manifest)}."
    for title, lines in (
        ("Intended use", USE.splitlines()),
        ("Models", _models(version)),
        ("Training data", _data(manifest)),
        ("Metrics", _metrics(manifest)),
        ("Gates", _gates(manifest)),
        ("Drift", _drift(manifest)),
        ("Limits", LIMITS.splitlines()),
        ("Personal data and ethics", [*_persons(version), *ETHICS.splitlines(), *_young(manifest)]),
        ("Environment", _environment(manifest)),
    ):
        yield from ("", f"## {title}", "")
        yield from lines


def _verdict(manifest: Mapping[str, Any]) -> str:
    refused = gates.refusals(manifest, serving=None)
    return f"refused by {', '.join(one.gate for one in refused)}" if refused else "may be published"


def _models(version: Version) -> Iterator[str]:
    made = {name: entry.get("model", "") for name, entry in version.manifest["lists"].items()}
    chosen = version.manifest["chosen"]
    yield from _table(
        ("algorithm", "recipe", "half-life, days"),
        (
            (name, f"`{recipe_text(one)}`", one.get("half_life_days") or "none")
            for name, one in chosen.items()
            if isinstance(one, Mapping) and "name" in one
        ),
    )
    yield ""
    counts = version.manifest["lists"]
    yield from _table(
        ("lists", "model", "number"), ((name, made[name], f"{counts[name]['subjects']:,}") for name in made)
    )


def _data(manifest: Mapping[str, Any]) -> Iterator[str]:
    found, learned = manifest.get("data"), manifest.get("trust") or {}
    yield f"- {manifest['rows']:,} interactions were learned from; {manifest['products']:,} products."
    if found:
        counts = found["all"]
        first, last = (minute(found[name]) for name in ("first_interaction", "last_interaction"))
        yield (
            f"- {counts['rows']:,} interactions of {counts['shoppers']:,} shoppers with "
            f"{counts['products']:,} products, from {first} to {last} UTC; "
            f"{counts['without_purchase']:.1%} of the shoppers bought nothing."
        )
    if learned:
        left_out = learned.get("rows", {}).get("young", 0)
        trusted, shoppers = learned["trusted"], learned["shoppers"]
        yield f"- {trusted:,} of {shoppers:,} shoppers are trusted; {left_out:,} interactions were left out."
    yield "- Views, clicks, products in carts and sales, from the shop's own events and order facts."
    yield f"- Split by time: tested on new interactions from {minute(manifest.get('split_at'))} UTC on."
    yield f"- Fingerprint of the data: `{manifest['fingerprint']}`."


def _metrics(manifest: Mapping[str, Any]) -> Iterator[str]:
    found = segments.stored(manifest)
    if not found:
        yield "Not measured, or by a release that didn't record segments."
        return
    yield "NDCG@20 with 95 % intervals over test users."
    yield ""
    names = sorted({name for one in found.values() for name in one}, key=segments.order)
    yield from _table(
        ("recipe", *names),
        ((recipe, *(_mean(means.get(name)) for name in names)) for recipe, means in found.items()),
    )


def _mean(one: segments.SegmentMean | None) -> str:
    return "" if one is None else f"{one.mean:.4f} ({one.low:.4f} to {one.high:.4f}; {one.users:,} users)"


def _gates(manifest: Mapping[str, Any]) -> Iterator[str]:
    verdicts = gates.stored_verdicts(manifest)
    if verdicts is None:
        yield "Not judged: an earlier release trained it."
    for one in verdicts or []:
        outcome = {Outcome.NOT_MEASURABLE: "not measurable"}.get(one.outcome, str(one.outcome))
        yield f"- **{outcome}** {one}"


def _drift(manifest: Mapping[str, Any]) -> Iterator[str]:
    found = drift.stored(manifest)
    if found is None or not found.checks:
        yield "Not compared with versions before it."
    elif not found.found:
        yield f"None, compared with {len(found.compared_with)} versions before it."
    else:
        yield from (f"- **{check.name}**: {check.reason}" for check in found.found)


def _persons(version: Version) -> Iterator[str]:
    rows = {
        name: entry["subjects"]
        for name, entry in version.manifest["lists"].items()
        if name.startswith(SHOPPERS)
    }
    kinds = ", ".join(f"{count:,} in `{name}`" for name, count in rows.items())
    yield f"Lists of persons in this version: {kinds or 'none'}."
    yield ""


def _young(manifest: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the version learned from shoppers who are not trusted, by the limits of its training."""
    trust = manifest.get("trust") or {}
    if trust.get("is_young_shop"):
        yield "- The shop was young: shoppers who are not trusted counted like the others."
    elif (weight := trust.get("limits", {}).get("young_weight")) is not None:
        yield (
            f"- Interactions of shoppers who neither bought nor came back had at least {weight:g} of the "
            "weight of the others, the same for forged ones and for those of honest guests."
        )


def _environment(manifest: Mapping[str, Any]) -> Iterator[str]:
    found = manifest.get("environment")
    if not found:
        yield "Not recorded: an earlier release trained the version."
        return
    modified = ", with changes" if found["is_modified"] else ""
    yield f"- Commit {found['commit'] or 'unknown'}{modified}."
    yield f"- SHA-256 of the source of `ml`: `{found['source_sha256']}`."
    packages = ", ".join(f"{name} {number}" for name, number in found["packages"].items())
    yield f"- Python {found['python']} on {found['machine']}; {packages}."


def _table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield _row(headings)
    yield _row(["---"] * len(headings))
    for row in rows:
        yield _row(row)


def _row(cells: Sequence[object]) -> str:
    # A bar would end the cell.
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"
