"""Gates: named verdicts on a version, from its measurements, its data and its size.

A verdict says what was measured, the limit, and why it passed or failed. There are three kinds of gates:

- `beats_parts` and `not_worse_than_serving` choose a recipe: if one fails, the part, or the recipe that
  serves, is used instead; `beats_lists` does so for sessions, whose lists follow from the viewed products';
- `enough_users`, `beats_popularity`, `no_segment_collapses` and `coverage_floor` decide whether the personal
  lists of an algorithm are published; without them, shoppers get the next source;
- `data_complete`, `budgets`, `keeps_audiences` and `judged` decide whether a version may be published at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ml.intervals import mean_interval

MIN_USERS = 100
MIN_SEGMENT_USERS = 50
POPULARITY_CONFIDENCE = 0.99
CONFIDENCE = 0.95
LEAST_GAIN = 0.02
TOLERATED_LOSS = 0.02
TOLERATED_SEGMENT_LOSS = 0.10
COVERED = 10
LEAST_COVERAGE = 0.02
LEAST_COVERAGE_OF_SERVING = 0.5
LEAST_DATA_OF_SERVING = 0.5
OLDER_BY = timedelta(days=1)
# The files take about 300 MB for 100,000 products and as many shoppers.
BYTES_A_SUBJECT = 3_500
# About ten times what a look-up takes, because a busy machine must not refuse a version.
MOST_LOOKUP_SECONDS = 200e-6
LEAST_BYTES = 10_000_000
PERSON = "person"
BUYING_AGAIN = "buying_again"
PERSONAL = ("collaborative", "hybrid")
"""The algorithms whose personal lists are judged. Content-based lists are not, because they serve products
without interactions."""
LISTS_OF_AUDIENCES: Mapping[str, Sequence[str]] = {PERSON: PERSONAL, BUYING_AGAIN: ("buy_again",)}
"""The algorithms of the lists that an audience must not lose, if it has any of them."""


class Gate(StrEnum):
    """The names of the gates."""

    ENOUGH_USERS = "enough_users"
    BEATS_POPULARITY = "beats_popularity"
    BEATS_PARTS = "beats_parts"
    BEATS_LISTS = "beats_lists"
    NOT_WORSE_THAN_SERVING = "not_worse_than_serving"
    NO_SEGMENT_COLLAPSES = "no_segment_collapses"
    COVERAGE_FLOOR = "coverage_floor"
    DATA_COMPLETE = "data_complete"
    KEEPS_AUDIENCES = "keeps_audiences"
    BUDGETS = "budgets"
    JUDGED = "judged"


CHOOSES_A_RECIPE = frozenset({Gate.BEATS_PARTS, Gate.NOT_WORSE_THAN_SERVING})


class Outcome(StrEnum):
    """What a gate found."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_MEASURABLE = "not_measurable"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one gate.

    `value`, with the interval from `low` to `high` if it has one, was compared with `limit`; they are None if
    nothing was measured. `audience`, `algorithm` and `segment` are empty if the gate is about all of them.
    """

    gate: Gate
    outcome: Outcome
    reason: str
    audience: str = ""
    algorithm: str = ""
    segment: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    limit: float | None = None
    users: int | None = None

    def __str__(self) -> str:
        of = " ".join(part for part in (self.algorithm, self.segment) if part)
        return f"{self.gate}{f' ({of})' if of else ''}: {self.reason}"


class DataFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a version learned from; `last_interaction` is an ISO time, or None if there is none."""

    rows: int
    products: int
    last_interaction: str | None
    back_test: bool

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> "DataFacts":
        """Return the facts of a manifest, also of one that was written before the last time was."""
        return cls(
            rows=int(manifest.get("rows", 0)),
            products=int(manifest.get("products", 0)),
            last_interaction=manifest.get("last_interaction"),
            back_test=bool(manifest.get("back_test", False)),
        )


@dataclass(frozen=True, slots=True)
class Ranked:
    """The primary metric of each test user, and how many sellable products are in some first COVERED places.

    Both are of one recipe.
    """

    values: NDArray[np.float64]
    covered: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was measured for persons on the test part; all arrays have one entry for each test user.

    `new` and `serving` have the recipe of each algorithm. `segments` are masks of users by name; `sellable`
    counts the products that can be bought.
    """

    new: Mapping[str, Ranked]
    popularity: Ranked
    sellable: int
    segments: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    serving: Mapping[str, Ranked] = field(default_factory=dict)

    @property
    def users(self) -> int:
        return len(self.popularity.values)


def judge_persons(measured: Comparison | None) -> list[Verdict]:
    """Return the verdicts that decide which personal lists are published.

    `measured` is None if the log was too short to test.
    """
    enough = enough_users(0 if measured is None else measured.users)
    if measured is None or enough.outcome is not Outcome.PASSED:
        return [enough]
    verdicts = [enough]
    for algorithm, new in measured.new.items():
        reference = measured.serving.get(algorithm)
        verdicts += [
            beats_popularity(new, measured.popularity, algorithm=algorithm),
            *_segments(new, reference or measured.popularity, measured.segments, algorithm=algorithm),
            coverage_floor(new, reference, sellable=measured.sellable, algorithm=algorithm),
        ]
    return verdicts


def published_algorithms(verdicts: Sequence[Verdict]) -> list[str]:
    """Return the algorithms whose personal lists passed."""
    deciding = [one for one in verdicts if one.audience == PERSON and one.gate not in CHOOSES_A_RECIPE]
    enough = any(one.gate is Gate.ENOUGH_USERS and one.outcome is Outcome.PASSED for one in deciding)
    failed = {one.algorithm for one in deciding if one.outcome is Outcome.FAILED}
    judged = {one.algorithm for one in deciding if one.gate is Gate.BEATS_POPULARITY}
    return [name for name in PERSONAL if enough and name in judged - failed]


def enough_users(users: int) -> Verdict:
    """Judge whether there are enough test users to tell taste from chance."""
    passed = users >= MIN_USERS
    return Verdict(
        gate=Gate.ENOUGH_USERS,
        outcome=Outcome.PASSED if passed else Outcome.NOT_MEASURABLE,
        reason=f"{users} test users" + ("" if passed else f"; fewer than {MIN_USERS} show nothing"),
        audience=PERSON,
        value=users,
        limit=MIN_USERS,
        users=users,
    )


def beats_popularity(new: Ranked, popularity: Ranked, *, algorithm: str) -> Verdict:
    """Judge whether a recipe beats popularity by more than noise, and by enough to matter."""
    found = mean_interval(new.values - popularity.values, confidence=POPULARITY_CONFIDENCE)
    least = LEAST_GAIN * float(popularity.values.mean())
    return Verdict(
        gate=Gate.BEATS_POPULARITY,
        outcome=_outcome(found.low > 0 and found.mean >= least),
        reason=f"{_signed(found.mean)} ({_signed(found.low)} to {_signed(found.high)}) against popularity; "
        f"needs an interval above 0 and at least {_signed(least)}",
        audience=PERSON,
        algorithm=algorithm,
        value=found.mean,
        low=found.low,
        high=found.high,
        limit=least,
        users=len(new.values),
    )


def beats_parts(blend: Ranked, parts: Mapping[str, Ranked], *, algorithm: str) -> Verdict:
    """Judge whether a blend beats each of its parts by more than noise; the closest part is reported."""
    found = {
        name: mean_interval(blend.values - part.values, confidence=CONFIDENCE) for name, part in parts.items()
    }
    closest, difference = min(found.items(), key=lambda one: one[1].low)
    return Verdict(
        gate=Gate.BEATS_PARTS,
        outcome=_outcome(difference.low > 0),
        reason=f"{_signed(difference.mean)} ({_signed(difference.low)} to {_signed(difference.high)}) "
        f"against its part {closest}; needs an interval above 0, else the part is used",
        audience=PERSON,
        algorithm=algorithm,
        value=difference.mean,
        low=difference.low,
        high=difference.high,
        limit=0.0,
        users=len(blend.values),
    )


def not_worse_than_serving(new: Ranked, serving: Ranked, *, algorithm: str) -> Verdict:
    """Judge whether a recipe is surely not worse than the one that serves, fitted to the same rows."""
    found = mean_interval(new.values - serving.values, confidence=CONFIDENCE)
    limit = -TOLERATED_LOSS * float(serving.values.mean())
    return Verdict(
        gate=Gate.NOT_WORSE_THAN_SERVING,
        outcome=_outcome(found.low >= limit),
        reason=f"{_signed(found.mean)} ({_signed(found.low)} to {_signed(found.high)}) against the recipe "
        f"that serves; needs an interval from {_signed(limit)} on, else the serving recipe is used",
        audience=PERSON,
        algorithm=algorithm,
        value=found.mean,
        low=found.low,
        high=found.high,
        limit=limit,
        users=len(new.values),
    )


def _segments(
    new: Ranked, reference: Ranked, segments: Mapping[str, NDArray[np.bool_]], *, algorithm: str
) -> list[Verdict]:
    measurable = [name for name, users in segments.items() if users.sum() >= MIN_SEGMENT_USERS]
    return [
        _segment(name, new, reference, users, of=len(measurable), algorithm=algorithm)
        for name, users in segments.items()
    ]


def _segment(
    name: str, new: Ranked, reference: Ranked, users: NDArray[np.bool_], *, of: int, algorithm: str
) -> Verdict:
    count = int(users.sum())
    if count < MIN_SEGMENT_USERS:
        return Verdict(
            gate=Gate.NO_SEGMENT_COLLAPSES,
            outcome=Outcome.NOT_MEASURABLE,
            reason=f"{count} test users; fewer than {MIN_SEGMENT_USERS} show nothing",
            audience=PERSON,
            algorithm=algorithm,
            segment=name,
            users=count,
        )
    # Shared among the segments, so that more segments don't fail more often by chance.
    confidence = 1 - (1 - CONFIDENCE) / of
    found = mean_interval((new.values - reference.values)[users], confidence=confidence)
    limit = -TOLERATED_SEGMENT_LOSS * float(reference.values[users].mean())
    return Verdict(
        gate=Gate.NO_SEGMENT_COLLAPSES,
        outcome=_outcome(found.high >= limit),
        reason=f"{_signed(found.mean)} (at most {_signed(found.high)}); must not surely be below "
        f"{_signed(limit)}",
        audience=PERSON,
        algorithm=algorithm,
        segment=name,
        value=found.mean,
        low=found.low,
        high=found.high,
        limit=limit,
        users=count,
    )


def coverage_floor(new: Ranked, serving: Ranked | None, *, sellable: int, algorithm: str) -> Verdict:
    """Judge whether the first places show enough different products.

    The shares are of the sellable products, or of the places of all lists if these are fewer.
    """
    attainable = max(min(sellable, COVERED * len(new.values)), 1)
    value = new.covered / attainable
    limit = LEAST_COVERAGE
    if serving is not None:
        limit = max(limit, LEAST_COVERAGE_OF_SERVING * serving.covered / attainable)
    return Verdict(
        gate=Gate.COVERAGE_FLOOR,
        outcome=_outcome(value >= limit),
        reason=f"{value:.1%} of the products are in some first {COVERED} places; needs {limit:.1%}",
        audience=PERSON,
        algorithm=algorithm,
        value=value,
        limit=limit,
        users=len(new.values),
    )


def budgets(size: int, *, subjects: int) -> Verdict:
    """Judge the bytes of the files; `subjects` is the larger of the numbers of products and shoppers."""
    limit = max(BYTES_A_SUBJECT * subjects, LEAST_BYTES)
    return Verdict(
        gate=Gate.BUDGETS,
        outcome=_outcome(size <= limit),
        reason=f"{size / 1e6:.1f} MB of lists; at most {limit / 1e6:.1f} MB",
        value=size,
        limit=limit,
    )


def lookups(seconds: float) -> Verdict:
    """Judge the processor time in which a list is found and read, the median of the slowest file."""
    return Verdict(
        gate=Gate.BUDGETS,
        segment="look-up",
        outcome=_outcome(seconds <= MOST_LOOKUP_SECONDS),
        reason=f"{seconds * 1e6:.0f} µs a look-up; at most {MOST_LOOKUP_SECONDS * 1e6:.0f} µs",
        value=seconds,
        limit=MOST_LOOKUP_SECONDS,
    )


def refusals(manifest: Mapping[str, Any], *, serving: Mapping[str, Any] | None) -> list[Verdict]:
    """Return the gates by which a version must not be published beside the manifest that serves.

    The data is compared with what serves now, which may be another version than the one that training
    compared with. A version without verdicts was trained by an earlier release.
    """
    facts, before = DataFacts.of(manifest), None if serving is None else DataFacts.of(serving)
    verdicts = [
        data_complete(facts, before),
        *(_keeps_audience(one, manifest, serving) for one in LISTS_OF_AUDIENCES),
    ]
    stored = stored_verdicts(manifest)
    if stored is None:
        verdicts.append(
            Verdict(
                gate=Gate.JUDGED,
                outcome=Outcome.FAILED,
                reason="an earlier release trained it and didn't judge it",
            )
        )
    verdicts += [one for one in stored or () if one.gate is Gate.BUDGETS]
    return [one for one in verdicts if one.outcome is not Outcome.PASSED]


def stored_verdicts(manifest: Mapping[str, Any]) -> list[Verdict] | None:
    """Return the verdicts of a manifest; None if it was written before versions were judged."""
    found = manifest.get("verdicts")
    return None if found is None else msgspec.convert(found, list[Verdict])


def data_complete(facts: DataFacts, serving: DataFacts | None) -> Verdict:
    """Judge whether a version learned from as much and as recent data as the one that serves."""
    problems = ["it is a back-test, trained as of an earlier time"] if facts.back_test else []
    if serving is not None:
        for name in ("rows", "products"):
            new, old = getattr(facts, name), getattr(serving, name)
            if new < LEAST_DATA_OF_SERVING * old:
                problems.append(f"{new} {name}, less than half of the {old} of what serves")
        if _is_older(facts.last_interaction, than=serving.last_interaction):
            problems.append(
                f"its last interaction is of {facts.last_interaction or 'no time'}, that of what serves of "
                f"{serving.last_interaction}"
            )
    return Verdict(
        gate=Gate.DATA_COMPLETE,
        outcome=_outcome(not problems),
        reason="; ".join(problems) or f"{facts.rows} rows, {facts.products} products",
        value=facts.products,
    )


def _is_older(last: str | None, *, than: str | None) -> bool:
    """Return whether `last` is more than a day older, since erasing a shopper may remove the last rows."""
    if than is None:
        return False
    return last is None or datetime.fromisoformat(last) < datetime.fromisoformat(than) - OLDER_BY


def _keeps_audience(audience: str, manifest: Mapping[str, Any], serving: Mapping[str, Any] | None) -> Verdict:
    had = serving is not None and stored_verdicts(serving) is not None and _has_lists(serving, audience)
    has = _has_lists(manifest, audience)
    reason = "no audience loses its lists"
    if had and not has:
        failed = [
            str(one)
            for one in stored_verdicts(manifest) or ()
            if one.audience == audience
            and one.gate not in CHOOSES_A_RECIPE
            and (one.outcome is Outcome.FAILED or one.gate is Gate.ENOUGH_USERS)
        ]
        lost = "the personal lists" if audience == PERSON else "the lists of what to buy again"
        reason = "; ".join([f"shoppers would lose {lost} that are served", *failed])
    return Verdict(
        gate=Gate.KEEPS_AUDIENCES, outcome=_outcome(has or not had), reason=reason, audience=audience
    )


def _has_lists(manifest: Mapping[str, Any], audience: str) -> bool:
    return any(f"user.{algorithm}" in manifest["lists"] for algorithm in LISTS_OF_AUDIENCES[audience])


def _outcome(passed: bool) -> Outcome:
    return Outcome.PASSED if passed else Outcome.FAILED


def _signed(value: float) -> str:
    return f"{value:+.4f}"
