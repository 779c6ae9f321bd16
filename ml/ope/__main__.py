"""Compare what two versions' orders of the shown lists would have earned.

`python -m ml.ope --version A --against B` reads lists of recommendations that were shown while
RECOMMENDATION_EXPLORATION was above 0, and prints estimates with intervals for 95 %.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from analytics_pipeline import embedded
from analytics_pipeline.settings import InvalidSetting, PipelineSettings
from analytics_pipeline.warehouse import Warehouse, WarehouseRefused, WarehouseUnavailable
from ml.lists import Lists
from ml.ope.comparison import Comparison, Evaluation, NotEvaluable, compare
from ml.ope.estimation import Estimate
from ml.ope.logs import InvalidPropensities
from ml.ope.reading import Logged, Metric, from_warehouse
from ml.registry import Registry, Version, VersionDamaged, VersionNotFound
from ml.settings import TrainingSettings

DAYS = 28
SLOT = "user"
ALGORITHM = "hybrid"


class NoPersonalLists(NotEvaluable):
    """The version has no personal lists of this algorithm."""

    def __init__(self, version: str, *, algorithm: str) -> None:
        super().__init__(
            f"{version} has no personal lists of the algorithm {algorithm}; `python -m ml.versions list` "
            "names those that passed their gates"
        )
        self.version, self.algorithm = version, algorithm


EXPECTED = (
    InvalidPropensities,
    InvalidSetting,
    NotEvaluable,
    VersionDamaged,
    VersionNotFound,
    WarehouseRefused,
    WarehouseUnavailable,
    embedded.ServiceDidNotStart,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table and return 0, or print an error to stderr and return 1."""
    options = _parser().parse_args(arguments)
    try:
        pipeline = PipelineSettings.from_env()
        _set_days(options, today=datetime.now(ZoneInfo(pipeline.time_zone)).date())
        registry = Registry(TrainingSettings.from_env().registry)
        versions = (registry.load(options.version), registry.load(options.against))
        lists = tuple(_personal(version, options.algorithm) for version in versions)
        logged = _read(options, pipeline)
        found = compare(
            logged.lists,
            versions=(versions[0].id, versions[1].id),
            lists=(lists[0], lists[1]),
            without_propensities=logged.without_propensities,
        )
    except EXPECTED as error:
        print(f"ml.ope: {error}", file=sys.stderr)
        return 1
    print(*_table(found, logged, versions, options), sep="\n")
    return 0


def _personal(version: Version, algorithm: str) -> Lists:
    name = f"user.{algorithm}"
    if name not in version.list_names:
        raise NoPersonalLists(version.id, algorithm=algorithm)
    return version.lists(name)


def _set_days(options: argparse.Namespace, *, today: date) -> None:
    """Set the days that were not given; `today` is that of the shop."""
    options.today = today
    options.start_date = options.start_date or today - timedelta(days=DAYS)
    options.end_date = options.end_date or today


def _read(options: argparse.Namespace, settings: PipelineSettings) -> Logged:
    zone = ZoneInfo(settings.time_zone)
    with embedded.ensure(settings, embedded.WAREHOUSE):
        warehouse = Warehouse(settings)
        try:
            return from_warehouse(
                warehouse,
                slot=options.slot,
                start=_midnight(options.start_date, zone),
                end=_midnight(options.end_date + timedelta(days=1), zone),
                metric=Metric(options.metric),
                until=options.today,
                currency=options.currency,
            )
        finally:
            warehouse.close()


def _table(
    found: Comparison, logged: Logged, versions: tuple[Version, Version], options: argparse.Namespace
) -> Iterator[str]:
    unit = f" ({logged.currency})" if logged.currency else ""
    left_out = len(logged.lists) - found.lists
    yield (
        f"{found.lists:,} lists of {found.shoppers:,} shoppers, {options.start_date} to {options.end_date}; "
        f"left out: {logged.without_propensities:,} without propensities, {left_out:,} of shoppers without a "
        "list in both"
    )
    for version in versions:
        as_of = str(version.manifest.get("as_of", ""))
        if as_of[:10] > options.start_date.isoformat():
            yield f"warning: {version.id} learned from what happened until {as_of[:16]}, when some were shown"
    yield f"{f'{options.metric} a list{unit}':<42}{'SNIPW':>10}  {'95 %':<19}{'DR':>10}  95 %"
    yield f"{'as shown':<42}{_numbers(found.shown)}"
    for one in (found.first, found.second):
        yield f"{one.version:<42}{_numbers(one.self_normalised)}{_numbers(one.doubly_robust)}"
    yield f"{'difference':<42}{_numbers(found.self_normalised)}{_numbers(found.doubly_robust)}"
    for one in (found.first, found.second):
        yield _support(one)


def _numbers(estimate: Estimate) -> str:
    return f"{estimate.value:>10.4f}  {f'{estimate.low:.4f} … {estimate.high:.4f}':<19}"


def _support(one: Evaluation) -> str:
    worst = int(one.weights.by_position.argmin())
    return (
        f"{one.version}: effective sample {one.weights.effective:.0f} shoppers, "
        f"{one.weights.by_position[worst]:.0f} at position {worst + 1}; mean weight {one.weights.mean:.3f}; "
        f"{one.shared:.0%} of its first products were shown"
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ml.ope",
        description="Compare what two versions' orders of the shown lists would have earned.",
    )
    parser.add_argument("--version", required=True, metavar="A", help="the version to evaluate")
    parser.add_argument("--against", required=True, metavar="B", help="the version to compare it with")
    parser.add_argument(
        "--metric", choices=[*Metric], default=Metric.CLICKS, help="what a list is worth (clicks)"
    )
    parser.add_argument("--currency", default="", help="of revenue, if there are several")
    parser.add_argument(
        "--start-date",
        type=date.fromisoformat,
        metavar="DAY",
        help=f"the first day of the lists, in the shop's time zone ({DAYS} days ago)",
    )
    parser.add_argument("--end-date", type=date.fromisoformat, metavar="DAY", help="the last day (today)")
    parser.add_argument("--slot", default=SLOT, help=f"the slot of the lists ({SLOT})")
    parser.add_argument(
        "--algorithm", default=ALGORITHM, help=f"whose personal lists are compared ({ALGORITHM})"
    )
    return parser


if __name__ == "__main__":
    os.umask(embedded.OWNER_ONLY)
    sys.exit(main())
