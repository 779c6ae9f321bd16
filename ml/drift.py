"""What changed in data and metrics since the versions before: named checks, which warn and refuse nothing.

A number is compared with its median in the last judged versions. It drifted if three things hold: its
robust z (0.6745 · difference / median absolute deviation; Iglewicz and Hoaglin, 1993) is at least LEAST_Z,
the difference is large enough to matter, and it is larger than chance makes it. Distributions are compared
by the population stability index with their mean in these versions, in the same way.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import numpy as np
from scipy.stats import chi2

from ml import gates, product_pages, segments
from ml.profiles import WINDOW, Counts, Profile
from ml.registry import Version

VERSIONS = 10
FEWEST_VERSIONS = 5
LEAST_Z = 5.0
# Relative to the median, or absolute for shares and hours.
LEAST_CHANGE_OF_COUNTS = 0.25
LEAST_CHANGE_OF_SHARE = 0.10
LEAST_HOURS = 24.0
LEAST_CHANGE_OF_METRIC = 0.15
LEAST_CHANGE_OF_COVERAGE = 0.25
# Standard errors of a count that chance may explain.
STANDARD_ERRORS = 4.0
LEAST_PSI = 0.2
"""From 0.1 to 0.25 a change is called moderate, above that significant (Siddiqi, 2006)."""
CHANCE = 1e-4
"""How often chance alone may exceed the limit of a PSI."""
LEAST_PART = 1e-4
"""In place of a share of 0, whose logarithm doesn't exist."""


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """A value beside the versions before.

    `distance` is a robust z, or a PSI for a distribution, which has no `value` and `expected`; `limit` is
    what it has to reach to be called drift.
    """

    name: str
    drifted: bool
    reason: str
    distance: float
    limit: float
    value: float | None = None
    expected: float | None = None


class Drift(msgspec.Struct, frozen=True):
    """The checks of a version; there are none if fewer than FEWEST_VERSIONS can be compared."""

    compared_with: Sequence[str]
    checks: Sequence[Check]

    @property
    def found(self) -> list[Check]:
        return [check for check in self.checks if check.drifted]


def drift(manifest: Mapping[str, Any], before: Sequence[Version]) -> Drift:
    """Return what changed in a manifest since the versions `before`, the oldest first.

    A back-test has no checks. Data are compared only between versions that have at least 28 days of it,
    because counts of a shop that has just opened grow in any case.
    """
    if manifest.get("back_test"):
        return Drift([], [])
    versions = before[-VERSIONS:]
    earlier = [version.manifest for version in versions]
    data = [one for one in map(_profile, earlier) if one is not None]
    now = _profile(manifest)
    checks: list[Check] = []
    if now is not None and len(data) >= FEWEST_VERSIONS:
        checks += [*_counts(now, data), *_distributions(now, data)]
    checks += _metrics(manifest, earlier)
    return Drift([version.id for version in versions] if checks else [], checks)


def stored(manifest: Mapping[str, Any]) -> Drift | None:
    """Return the drift in a manifest; None if an earlier release wrote it."""
    found = manifest.get("drift")
    return None if found is None else msgspec.convert(found, Drift)


def robust_z(value: float, before: Sequence[float]) -> float:
    """Return the distance from the median in robust standard deviations; infinite if these are 0."""
    median = float(np.median(before))
    deviation = float(np.median(np.abs(np.asarray(before) - median)))
    difference = value - median
    if not deviation:
        return 0.0 if not difference else float(np.copysign(1e9, difference))
    return 0.6745 * difference / deviation


def psi(shares: Mapping[str, float], expected: Mapping[str, float]) -> float:
    """Return the population stability index of two distributions: 0 if they are equal, without a bound."""
    names = sorted({*shares, *expected})
    new, old = (np.maximum([one.get(name, 0.0) for name in names], LEAST_PART) for one in (shares, expected))
    return float(((new - old) * np.log(new / old)).sum())


def _profile(manifest: Mapping[str, Any]) -> tuple[Profile, float] | None:
    """Return the profile of a manifest, and the hours since its last interaction.

    It is None if the shop was too young, or another release wrote it in another form.
    """
    try:
        one = msgspec.convert(manifest.get("data"), Profile)
    except msgspec.ValidationError:
        return None
    if one.first_interaction is None or one.last_interaction is None:
        return None
    as_of = datetime.fromisoformat(manifest["as_of"])
    if datetime.fromisoformat(one.first_interaction) > as_of - WINDOW.astype(timedelta):
        return None
    return one, (as_of - datetime.fromisoformat(one.last_interaction)) / timedelta(hours=1)


def _counts(now: tuple[Profile, float], before: Sequence[tuple[Profile, float]]) -> list[Check]:
    profile, hours = now
    weeks = [one.week for one, _ in before]
    found = [
        _checked(
            f"{name} of the last week",
            getattr(profile.week, name),
            [getattr(week, name) for week in weeks],
            least=_least_count(name, weeks),
            form=",.0f",
        )
        for name in ("rows", "shoppers", "products")
    ]
    shares = [week.without_purchase for week in weeks]
    shoppers = float(np.median([week.shoppers for week in weeks]))
    error = float(np.sqrt(0.25 / max(min(shoppers, profile.week.shoppers), 1)))
    found.append(
        _checked(
            "shoppers without a purchase in the last week",
            profile.week.without_purchase,
            shares,
            least=max(LEAST_CHANGE_OF_SHARE, STANDARD_ERRORS * error),
            form=".1%",
        )
    )
    gaps = [gap for _, gap in before]
    found.append(_checked("hours since the last interaction", hours, gaps, least=LEAST_HOURS, form=",.1f"))
    return found


def _least_count(name: str, weeks: Sequence[Counts]) -> float:
    """Return the least difference of a count that matters and that chance doesn't explain."""
    median = float(np.median([getattr(week, name) for week in weeks]))
    # Interactions come in visits: their numbers vary more than those of independent ones.
    each = np.median([week.rows / max(week.shoppers, 1) for week in weeks]) if name == "rows" else 1.0
    return max(LEAST_CHANGE_OF_COUNTS * median, STANDARD_ERRORS * float(np.sqrt(2 * each * median)))


def _checked(name: str, value: float, before: Sequence[float], *, least: float, form: str) -> Check:
    """Judge a number; `least` is the least difference that counts."""
    expected = float(np.median(before))
    z = robust_z(value, before)
    drifted = abs(z) >= LEAST_Z and abs(value - expected) >= least
    return Check(
        name=name,
        drifted=drifted,
        reason=f"{value:{form}}, {expected:{form}} in the median of {len(before)} versions before; a "
        f"difference of {least:{form}} counts",
        value=value,
        expected=expected,
        distance=z,
        limit=LEAST_Z,
    )


def _distributions(now: tuple[Profile, float], before: Sequence[tuple[Profile, float]]) -> list[Check]:
    profile = now[0]
    shoppers = min(profile.recent.shoppers, float(np.median([one.recent.shoppers for one, _ in before])))
    found = []
    for name, new, old in (
        ("categories of interactions", profile.categories, [one.categories for one, _ in before]),
        ("popularity of products", _named(profile), [_named(one) for one, _ in before]),
    ):
        names = {name for one in (new, *old) for name in one}
        expected = {name: float(np.mean([one.get(name, 0.0) for one in old])) for name in names}
        # n / 2 times the index of two samples of n is about χ² distributed if nothing changed. The samples
        # are shoppers, because the interactions of one are alike.
        noise = chi2.ppf(1 - CHANCE, max(len(names) - 1, 1)) * 2 / max(shoppers, 1)
        found.append(_distribution(name, new, expected, limit=max(LEAST_PSI, float(noise))))
    return found


def _named(profile: Profile) -> Mapping[str, float]:
    return {str(place): share for place, share in enumerate(profile.popularity)}


def _distribution(
    name: str, new: Mapping[str, float], expected: Mapping[str, float], *, limit: float
) -> Check:
    distance = psi(new, expected)
    changed = sorted(
        expected.keys() | new.keys(), key=lambda one: -abs(new.get(one, 0) - expected.get(one, 0))
    )
    most = ", ".join(f"{one} {expected.get(one, 0):.1%} → {new.get(one, 0):.1%}" for one in changed[:3])
    return Check(
        name=name,
        drifted=distance >= limit,
        reason=f"PSI {distance:.3f}, drift from {limit:.3f} on; changed most: {most}",
        distance=distance,
        limit=limit,
    )


def _metrics(manifest: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]]) -> list[Check]:
    found = []
    for recipe in ("hybrid", "collaborative", "popularity"):
        new = _mean(manifest, recipe)
        before = [one.mean for one in (_mean(old, recipe) for old in earlier) if one is not None]
        if new is None or len(before) < FEWEST_VERSIONS:
            continue
        check = _checked(
            f"NDCG@20 of {recipe}",
            new.mean,
            before,
            # The width of the interval is four standard errors; those before have errors, too.
            least=max(LEAST_CHANGE_OF_METRIC * float(np.median(before)), new.high - new.low),
            form=".4f",
        )
        found.append(_with_paired(check, manifest, recipe) if check.drifted else check)
    for name, form, value in (
        ("coverage of the hybrid", ".1%", _coverage),
        (f"Recall@{product_pages.K} of product pages", ".4f", _pages),
    ):
        now, past = value(manifest), [one for one in map(value, earlier) if one is not None]
        if now is not None and len(past) >= FEWEST_VERSIONS:
            least = LEAST_CHANGE_OF_COVERAGE * float(np.median(past))
            found.append(_checked(name, now, past, least=least, form=form))
    return found


def _mean(manifest: Mapping[str, Any], recipe: str) -> segments.SegmentMean | None:
    return segments.stored(manifest).get(recipe, {}).get(segments.ALL)


def _coverage(manifest: Mapping[str, Any]) -> float | None:
    for one in gates.stored_verdicts(manifest) or []:
        if one.gate is gates.Gate.COVERAGE_FLOOR and one.algorithm == "hybrid":
            return one.value
    return None


def _pages(manifest: Mapping[str, Any]) -> float | None:
    measured = (manifest.get("product_pages") or {}).get("measured") or {}
    return measured.get(f"recall@{product_pages.K}")


def _with_paired(check: Check, manifest: Mapping[str, Any], recipe: str) -> Check:
    """Add what the comparison on the same rows says: whether the data changed, or the recipe."""
    for one in gates.stored_verdicts(manifest) or []:
        if one.gate is gates.Gate.NOT_WORSE_THAN_SERVING and one.algorithm == recipe:
            same = one.low is not None and one.high is not None and one.low <= 0 <= one.high
            cause = "so the data changed" if same else "so the recipe changed, too"
            words = f"on the same rows it is {one.value:+.4f} ({one.low:+.4f} to {one.high:+.4f})"
            paired = f"{check.reason}. Against what served {words}, {cause}"
            return msgspec.structs.replace(check, reason=paired)
    return check
