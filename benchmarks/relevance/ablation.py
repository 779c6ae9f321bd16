"""Compares rankings with and without each feature, on one catalogue and one engine."""

import random
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter

from backend.search.evaluation import found_for
from benchmarks.relevance.samples import Sample
from indexing.engine import SearchEngine
from indexing.ranking import DEFAULT_RANKING, RankingOptions
from ml.ranking.comparison import Difference, paired_difference
from ml.ranking.relevance import Grades, NoRelevantProducts, query_metrics

SEED = 1


@dataclass(frozen=True, slots=True)
class Feature:
    """A ranking feature, and the default options without it."""

    name: str
    without: RankingOptions


POPULARITY_AND_STOCK = Feature(
    "popularity and stock", replace(DEFAULT_RANKING, weighs_popularity_and_stock=False)
)
FEATURES = (
    Feature("phrase boost", replace(DEFAULT_RANKING, phrase_boost=0.0)),
    Feature("exact form", replace(DEFAULT_RANKING, exact_form_boost=0.0)),
    Feature("corrections", replace(DEFAULT_RANKING, corrects_spelling=False)),
    Feature("joined and split words", replace(DEFAULT_RANKING, joins_and_splits_words=False)),
    Feature("codes", replace(DEFAULT_RANKING, finds_codes=False)),
    Feature("relaxation", replace(DEFAULT_RANKING, relax_below=1)),
    Feature("relaxation below 50, not 10", replace(DEFAULT_RANKING, relax_below=10)),
    Feature("15 for a satisfied need, not 10", replace(DEFAULT_RANKING, satisfied_need_score=10.0)),
    POPULARITY_AND_STOCK,
)
OF_MEANING = (
    Feature("meaning", replace(DEFAULT_RANKING, meaning_weight=0.0)),
    Feature("feedback from the best products", replace(DEFAULT_RANKING, meaning_feedback=0.0)),
    Feature("products of similar meaning", replace(DEFAULT_RANKING, fills_by_meaning=False)),
)
"""For a shop with an encoder."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """What a feature adds: mean NDCG@10 and recall@50, and the median time of a search in milliseconds."""

    feature: str
    ndcg: float
    ndcg_without: float
    ndcg_gain: Difference
    recall: float
    recall_gain: Difference
    milliseconds: float
    milliseconds_without: float


@dataclass(slots=True)
class _Observed:
    """What was observed of one ranking, by query in order; `seconds` are medians over the rounds."""

    ndcg: list[float] = field(default_factory=list)
    recall: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def milliseconds(self) -> float:
        return statistics.median(self.seconds) * 1_000


def features_of(sample: Sample, *, encoded: bool = False) -> tuple[Feature, ...]:
    """Return the features that can be shown; popularity needs products that differ in it."""
    factors = {(each.popularity, each.in_stock) for each in sample.products}
    by_words = tuple(each for each in FEATURES if each is not POPULARITY_AND_STOCK or len(factors) > 1)
    return by_words + (OF_MEANING if encoded else ())


def contributions(sample: Sample, *, engine: SearchEngine, rounds: int) -> list[Contribution]:
    """Return the contribution of each feature; `engine` has indexed the products of `sample`.

    Each query is searched with all rankings in turn, in random order, so that other load on the machine slows
    all of them.

    Raises:
        NoRelevantProducts: no query has one.
    """
    features = features_of(sample, encoded=engine.encoder is not None)
    rankings = dict.fromkeys([DEFAULT_RANKING, *(each.without for each in features)])
    judged = {query: grades for query, grades in sample.judgments.items() if any(grades.values())}
    if not judged:
        raise NoRelevantProducts
    observed = _observe(judged, rankings, engine=engine, rounds=rounds)
    return [_contribution(each.name, observed[DEFAULT_RANKING], observed[each.without]) for each in features]


def _observe(
    judged: Mapping[str, Grades], rankings: Iterable[RankingOptions], *, engine: SearchEngine, rounds: int
) -> dict[RankingOptions, _Observed]:
    observed = {each: _Observed() for each in rankings}
    order, chance = [*observed], random.Random(SEED)
    _warm_up(next(iter(judged)), order, engine=engine)
    for query, grades in judged.items():
        seconds: dict[RankingOptions, list[float]] = {each: [] for each in order}
        found: dict[RankingOptions, Sequence[int]] = {}
        for _ in range(rounds):
            chance.shuffle(order)
            for ranking in order:
                found[ranking], taken = _timed(query, ranking, engine=engine)
                seconds[ranking].append(taken)
        for ranking, one in observed.items():
            metrics = query_metrics(query, grades, found[ranking])
            one.ndcg.append(metrics.ndcg)
            one.recall.append(metrics.recall)
            one.seconds.append(statistics.median(seconds[ranking]))
    return observed


def _timed(query: str, ranking: RankingOptions, *, engine: SearchEngine) -> tuple[list[int], float]:
    start = perf_counter()
    found = found_for(query, engine=engine, ranking=ranking)
    return found, perf_counter() - start


def _warm_up(query: str, rankings: Iterable[RankingOptions], *, engine: SearchEngine) -> None:
    """Read what a process reads once, such as the vocabulary for corrections."""
    for ranking in rankings:
        found_for(f"{query} qwzxvk", engine=engine, ranking=ranking)


def _contribution(name: str, default: _Observed, without: _Observed) -> Contribution:
    return Contribution(
        feature=name,
        ndcg=statistics.fmean(default.ndcg),
        ndcg_without=statistics.fmean(without.ndcg),
        ndcg_gain=paired_difference(default.ndcg, without.ndcg),
        recall=statistics.fmean(default.recall),
        recall_gain=paired_difference(default.recall, without.recall),
        milliseconds=default.milliseconds,
        milliseconds_without=without.milliseconds,
    )


HEAD = (
    "feature",
    "NDCG@10",
    "without it",
    "gain",
    "95 % interval",
    "recall@50",
    "gain",
    "95 % interval",
    "p50 ms",
    "of which its own",
)


def table(rows: Iterable[Contribution]) -> list[str]:
    """Return a Markdown table with a row for each feature."""
    cells = [HEAD, *(_cells(row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    first, *lines = [_line(row, widths) for row in cells]
    return [first, _line(["-" * width for width in widths], widths), *lines]


def _cells(row: Contribution) -> tuple[str, ...]:
    return (
        row.feature,
        f"{row.ndcg:.4f}",
        f"{row.ndcg_without:.4f}",
        *_interval(row.ndcg_gain),
        f"{row.recall:.4f}",
        *_interval(row.recall_gain),
        f"{row.milliseconds:.2f}",
        f"{row.milliseconds - row.milliseconds_without:+.2f}",
    )


def _interval(gain: Difference) -> tuple[str, str]:
    return f"{gain.mean:+.4f}", f"{gain.low:+.4f} … {gain.high:+.4f}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return f"| {' | '.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))} |"
