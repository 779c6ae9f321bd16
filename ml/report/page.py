"""The page of a version: data, recipes, metrics, verdicts and lists in one HTML file without scripts."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ml import gates
from ml.gates import Outcome, Verdict
from ml.registry import Version
from ml.report import lists
from ml.report.changes import drift_of
from ml.report.elements import Html, Point, chart, facts, heading, items, paragraph, section, table, text
from ml.report.metrics import history, metrics
from ml.report.words import minute, recipe_text

STYLE = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
# No request leaves the page, whatever a title contains.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
NOT_RECORDED = "not recorded"
WORDS = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "failed",
    Outcome.NOT_MEASURABLE: "not measurable",
}
SECTIONS = (
    ("data", "What it learned from"),
    ("recipes", "Recipes"),
    ("metrics", "Metrics"),
    ("verdicts", "Verdicts"),
    ("lists", "Lists"),
    ("examples", "Examples"),
    ("drift", "Drift"),
    ("history", "Versions before it"),
    ("environment", "Environment"),
)


def page(version: Version, *, products: lists.Products, judged: Sequence[Version]) -> str:
    """Return the page as a complete HTML document.

    `products` are those of the catalogue, empty if they can't be read; `judged` are the versions that were
    judged, the oldest first, this one last.

    Raises:
        VersionDamaged: lists can't be read.
    """
    bodies = (
        _data(version.manifest),
        _recipes(version.manifest),
        metrics(version.manifest),
        _verdicts(version.manifest),
        _lists(version, products),
        lists.examples(version, products),
        drift_of(version.manifest),
        history(judged),
        _environment(version),
    )
    body = "".join(section(name, title, part) for (name, title), part in zip(SECTIONS, bodies, strict=True))
    links = items(Html(f'<a href="#{name}">{title}</a>') for name, title in SECTIONS)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{text(version.id)}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body><header><h1>Model version {text(version.id)}</h1>"
        f'{_summary(version)}<nav aria-label="Sections">{links}</nav></header>'
        f"<main>{body}</main></body></html>\n"
    )


def _summary(version: Version) -> Html:
    refused = gates.refusals(version.manifest, serving=None)
    personal = gates.published_algorithms(gates.stored_verdicts(version.manifest) or [])
    if refused:
        reasons = ". ".join(str(one) for one in refused)
        verdict = paragraph(f"Refused: {reasons}.", kind="verdict failed")
    else:
        lists_of = ", ".join(personal) or "none; shoppers get popular and similar products"
        verdict = paragraph(f"May be published. Personal lists: {lists_of}.", kind="verdict passed")
    created, as_of = (minute(version.manifest[name]) for name in ("created_at", "as_of"))
    return Html(paragraph(f"Trained {created} UTC on data until {as_of}", kind="note") + verdict)


def _data(manifest: Mapping[str, Any]) -> Html:
    trust = manifest.get("trust") or {}
    found = manifest.get("data")
    known = facts(
        [
            ("interactions learned from", f"{manifest['rows']:,}"),
            ("products", f"{manifest['products']:,}"),
            ("shoppers", f"{trust['shoppers']:,}, {trust['trusted']:,} of them trusted" if trust else None),
            ("interactions of young shoppers, left out", f"{trust.get('rows', {}).get('young', 0):,}"),
            ("first interaction", minute(found["first_interaction"]) if found else NOT_RECORDED),
            ("last interaction", minute(manifest.get("last_interaction"))),
            ("test part from", minute(manifest.get("split_at"))),
            ("fingerprint", manifest["fingerprint"]),
        ]
    )
    if not found:
        return known
    counts = [
        (
            name,
            f"{one['rows']:,}",
            f"{one['shoppers']:,}",
            f"{one['products']:,}",
            f"{one['without_purchase']:.1%}",
        )
        for name, one in (("all", found["all"]), ("the last 28 days", found["recent"]))
    ]
    return Html(
        known
        + table(
            "Interactions of all shoppers",
            ("time", "interactions", "shoppers", "products", "shoppers without a purchase"),
            counts,
        )
        + _shares("Interactions by category, the last 28 days", found["categories"])
    )


def _shares(caption: str, shares: Mapping[str, float]) -> str:
    ordered = sorted(shares.items(), key=lambda one: (-one[1], one[0]))
    return chart(caption, [Point(name, share) for name, share in ordered], form=".1%") if ordered else ""


def _recipes(manifest: Mapping[str, Any]) -> Html:
    rows = [
        (
            name,
            recipe_text(recipe),
            "none" if (days := recipe.get("half_life_days")) is None else f"{days:g} days",
        )
        for name, recipe in manifest["chosen"].items()
        if isinstance(recipe, Mapping) and "name" in recipe
    ]
    chosen = table("The recipe of each algorithm", ("algorithm", "recipe with its shares", "half-life"), rows)
    pages = manifest.get("product_pages") or {}
    if "content_shoppers" in pages:
        c = pages["content_shoppers"]
        chosen = Html(
            chosen + paragraph(f"On product pages the share of the texts is {c:g} / ({c:g} + shoppers).")
        )
    return Html(chosen + _measured(manifest.get("measured", []), "Measured to choose them, by NDCG"))


def _measured(measured: Sequence[Mapping[str, Any]], caption: str) -> str:
    if not measured:
        return paragraph("The history was too short to compare recipes: the defaults are used.")
    names = [name for name in measured[0]["metrics"] if name != "users"]
    rows = [
        (
            recipe_text(one) + (" (serving)" if one.get("serving") else ""),
            _half_life(one),
            *(f"{one['metrics'][name]:.4f}" for name in names),
            f"{one['seconds']:.1f}",
        )
        for one in measured
    ]
    return table(caption, ("recipe", "half-life", *names, "seconds to fit"), rows)


def _half_life(recipe: Mapping[str, Any]) -> str:
    days = recipe.get("half_life_days")
    return "" if days is None else f"{days:g} days"


def _verdicts(manifest: Mapping[str, Any]) -> Html:
    verdicts = gates.stored_verdicts(manifest)
    if verdicts is None:
        return paragraph("The version was not judged: an earlier release trained it.")
    rows = [
        (
            f"{one.gate}",
            Html(f'<span class="outcome {one.outcome}">{WORDS[one.outcome]}</span>'),
            " ".join(part for part in (one.audience, one.algorithm, one.segment) if part) or "the version",
            _number(one, one.value),
            "" if one.low is None else f"{one.low:+.4f} to {one.high:+.4f}",
            _number(one, one.limit),
            one.reason,
        )
        for one in verdicts
    ]
    against = manifest.get("judged_against")
    words = f"Compared with {against}, which served." if against else "Nothing served to compare it with."
    headings = ("gate", "outcome", "about", "value", "interval", "limit", "in words")
    return Html(paragraph(words) + table("All verdicts", headings, rows, kind="words"))


def _number(verdict: Verdict, value: float | None) -> str:
    if value is None:
        return ""
    if verdict.low is not None:
        return f"{value:+.4f}"
    return f"{value:,.0f}" if value == int(value) else f"{value:.4f}"


def _lists(version: Version, products: lists.Products) -> Html:
    remark = "" if products else paragraph("The catalogue could not be read: products have no titles here.")
    return Html(remark + lists.overview(version, products))


def _environment(version: Version) -> Html:
    found = version.manifest.get("environment")
    if not found:
        return paragraph("Not recorded: an earlier release trained the version.")
    commit = found["commit"] or "unknown"
    known = facts(
        [
            ("commit", commit + (" with changes" if found["is_modified"] else "")),
            ("source", found["source_sha256"]),
            ("Python", f"{found['python']}, {found['machine']}"),
            *((name, number) for name, number in found["packages"].items()),
        ]
    )
    parameters = {
        **version.manifest.get("parameters", {}),
        **(version.manifest.get("trust") or {}).get("limits", {}),
    }
    entries = [*version.manifest["lists"].values(), *version.manifest.get("arrays", {}).values()]
    files = [(entry["file"], entry["sha256"]) for entry in entries]
    return Html(
        known
        + heading("Parameters")
        + facts((name.replace("_", " "), f"{value:g}") for name, value in parameters.items())
        + table("Files", ("file", "SHA-256"), files)
    )
