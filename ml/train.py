"""Train, measure and register one version: `python -m ml.train [--serving VERSION] [--as-of DATE]`."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec
from threadpoolctl import threadpool_limits

from analytics_pipeline import embedded
from analytics_pipeline.migrate import MigrationChanged, migrate
from analytics_pipeline.settings import InvalidSetting, PipelineSettings
from analytics_pipeline.warehouse import Warehouse, WarehouseRefused, WarehouseUnavailable
from ml import (
    buying_again,
    contest,
    diversity_choice,
    drift,
    engines,
    environment,
    gates,
    needs,
    packed,
    product_pages,
    session_audience,
    version_lists,
)
from ml.contest import Candidate, Chosen, Measurement, Served, TimeSplit
from ml.diversity import KINDS
from ml.diversity_choice import Diversity
from ml.families import kinds_of
from ml.lists import Lists
from ml.mapped_lists import MappedLists, lookup_seconds
from ml.models.library import NameTaken, PluginMissing, UnknownModel, load_plugins
from ml.models.recipe import InvalidParameter
from ml.orders import Orders
from ml.product_pages import Pages
from ml.profiles import profile
from ml.progress import Report, Steps
from ml.registry import Registry, Version, VersionDamaged, VersionExists, VersionNotFound
from ml.segments import by_segment
from ml.settings import TrainingSettings
from ml.terms import Terms
from ml.training_data import TrainingData, from_warehouse
from ml.training_lock import TrainingRuns, training
from ml.trust import Limits
from ml.version_lists import all_lists
from ml.work import Work, delete_work, work_of

PARAMETERS = {
    "k": contest.K,
    "choice_share": contest.CHOICE_SHARE,
    "test_share": contest.TEST_SHARE,
    "max_test_users": contest.MAX_TEST_USERS,
    "list_length": version_lists.LIST_LENGTH,
    "max_users": version_lists.MAX_USERS,
}
"""What decides a version beside its data and recipes; the limits of trust are in `trust`."""
TIMED_LOOKUPS = 1_000
LAST_STEPS = ("product pages", "sessions", "lists", "writing")


class NoTrainingData(ValueError):
    """The warehouse has neither interactions nor products."""

    def __init__(self, as_of: datetime) -> None:
        super().__init__(
            f"as of {as_of:%Y-%m-%d %H:%M} UTC the warehouse has neither interactions nor products; "
            "import a catalogue, or run the relay and the ingest first"
        )


EXPECTED = (
    InvalidSetting,
    MigrationChanged,
    NameTaken,
    needs.NotEnoughMemory,
    engines.EngineMissing,
    NoTrainingData,
    PluginMissing,
    VersionDamaged,
    VersionExists,
    VersionNotFound,
    WarehouseRefused,
    WarehouseUnavailable,
    embedded.ServiceDidNotStart,
)


def train(
    data: TrainingData,
    *,
    registry: Registry,
    now: datetime,
    serving: Version | None = None,
    back_test: bool = False,
    report: Callable[[Measurement], None] = lambda _: None,
    on_step: Report = lambda _name, _done, _of: None,
    plugins: Sequence[str] = (),
) -> Version:
    """Train a version on all of `data` with recipes chosen on a split by time, judge and register it.

    Personal lists that don't pass their gates are left out. The recipes of `serving` are compared, too; if
    this release can't train them, the manifest has the reason. A back-test is never the registry's latest
    version. `report` is called with each measurement, and `on_step` with each step that begins. What a killed
    training of the same data measured is used again (`ml.work`); `plugins` are the modules of models that
    the measurements depend on.

    Raises:
        NoTrainingData: there are neither interactions nor products.
    """
    if not len(data.histories) and not len(data.catalogue):
        raise NoTrainingData(data.as_of)
    served, problem = _served(serving)
    steps = Steps(contest.planned(served) + len(LAST_STEPS), on_step)
    fingerprint = data.fingerprint()
    work = work_of(registry.root, fingerprint=fingerprint, plugins=plugins, step=steps.start)
    splits = contest.split_in_three(data.log, data.catalogue)
    chosen, pages, diversity = _decide(data, splits, served, work, report)
    steps.start_last("measuring sessions", left=2)
    of_sessions = session_audience.decide(
        chosen.hybrid, None if splits is None else splits[1], sessions=data.sessions, pages=pages
    )
    buying = buying_again.decide(
        data.orders,
        data.catalogue,
        None if splits is None else [one.split_at for one in splits],
        serving=serving,
    )
    verdicts = [
        *chosen.verdicts,
        *gates.judge_persons(chosen.comparison),
        *of_sessions.verdicts,
        *buying.verdicts,
    ]
    steps.start_last("making the lists", left=1)
    lists, made_by = all_lists(chosen, data, pages=pages)
    for algorithm in set(gates.PERSONAL) - set(gates.published_algorithms(verdicts)):
        del lists[f"user.{algorithm}"], made_by[f"user.{algorithm}"]
    for name, found in buying.lists(data.orders, data.catalogue).items():
        lists[name], made_by[name] = found, buying.recipe.name
    verdicts += _budgets(lists, products=len(data.catalogue))
    facts = {
        "fingerprint": fingerprint,
        "as_of": data.as_of.isoformat(),
        "back_test": back_test,
        "judged_against": None if serving is None else serving.id,
        "served_recipe_problem": problem,
        "rows": len(data.log),
        "last_interaction": _last_interaction(data),
        "trust": None if data.trust is None else data.trust.as_dict(),
        "products": len(data.catalogue),
        "split_at": chosen.split_at,
        "chosen": {
            name: getattr(chosen, name).as_dict()
            for name in ("popularity", "collaborative", "content_based", "hybrid", "person")
        },
        "measured": [contest.as_record(one) for one in chosen.measured],
        "tested": {name: contest.as_record(one) for name, one in chosen.tested.items()},
        "product_pages": pages.as_dict(),
        "sessions": of_sessions.as_dict(),
        "diversity": msgspec.to_builtins(diversity),
        "buying_again": buying.as_dict(),
        "environment": environment.described(),
        "parameters": PARAMETERS,
        "data": msgspec.to_builtins(profile(data)),
        "by_segment": msgspec.to_builtins(by_segment(chosen.comparison)),
    }
    verdicts.append(
        gates.data_complete(
            gates.DataFacts.of(facts), None if serving is None else gates.DataFacts.of(serving.manifest)
        )
    )
    facts["verdicts"] = msgspec.to_builtins(verdicts)
    before = registry.judged(before=f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}", count=drift.VERSIONS)
    facts["drift"] = msgspec.to_builtins(drift.drift(facts, before))
    arrays = {
        **of_sessions.arrays(data.sessions),
        "terms": Terms.of(data.catalogue).arrays(),
        KINDS: kinds_of(data.catalogue),
    }
    steps.start_last("writing the version", left=0)
    version = registry.register(lists=lists, made_by=made_by, facts=facts, now=now, arrays=arrays)
    delete_work(registry.root)
    return version


def _decide(
    data: TrainingData,
    splits: tuple[TimeSplit, TimeSplit] | None,
    served: Served | None,
    work: Work,
    report: Callable[[Measurement], None],
) -> tuple[Chosen, Pages, Diversity]:
    """Return the recipes, and what is chosen for the hybrid's lists; the defaults if the log is too short."""
    if splits is None:
        return contest.default_outcome(), Pages(), Diversity()
    chosen = contest.decide(*splits, served=served, report=report, keep=work.measurements)
    pages, diversity = work.of_hybrid(
        chosen.hybrid, lambda: _of_hybrid(chosen.hybrid, *splits, orders=data.orders)
    )
    return chosen, pages, diversity


def _of_hybrid(
    hybrid: Candidate, choice: TimeSplit, test: TimeSplit, *, orders: Orders
) -> tuple[Pages, Diversity]:
    """Return what is chosen for the hybrid's lists, which is fitted to the training part of `choice` once."""
    pairs = contest.training_pairs(hybrid, choice.train, choice.catalogue)
    fitted = hybrid.model.fit(pairs, catalogue=choice.catalogue)
    diversity = diversity_choice.decide(fitted, pairs, choice)
    return product_pages.decide(hybrid, choice, test, orders=orders, fitted=fitted), diversity


def _budgets(lists: Mapping[str, Lists], *, products: int) -> list[gates.Verdict]:
    """Judge the size of the files, and the time of look-ups in them."""
    size, seconds = 0, 0.0
    for part in lists.values():
        arrays = part.to_arrays()
        size += sum(array.nbytes for array in arrays.values())
        mapped = MappedLists(packed.in_memory(arrays))
        seconds = max(seconds, lookup_seconds(mapped, part.subjects[:TIMED_LOOKUPS].tolist()))
    subjects = max((len(part) for part in lists.values()), default=0)
    return [gates.budgets(size, subjects=max(products, subjects)), gates.lookups(seconds)]


def _last_interaction(data: TrainingData) -> str | None:
    return f"{data.histories.times.max()}+00:00" if len(data.histories) else None


def _served(version: Version | None) -> tuple[Served | None, str | None]:
    """Return the recipes of the served version, or the reason why they can't be compared."""
    if version is None:
        return None, None
    try:
        return contest.served_recipes(version), None
    except (UnknownModel, InvalidParameter) as error:
        return None, f"the recipe of {version.id} can't be trained by this release: {error}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Train from the warehouse, print a table and return 0, or print an error to stderr.

    The exit status of an error is 1, or 75 (EX_TEMPFAIL) if another process is training.
    """
    options = _parser().parse_args(arguments)
    now = datetime.now(UTC)
    try:
        settings, pipeline = TrainingSettings.from_env(), PipelineSettings.from_env()
        load_plugins(settings.plugins)
        registry = Registry(settings.registry)
        serving = registry.load(options.serving) if options.serving else None
        with training(registry.root, now=now) as step:
            version = _train(options, settings, pipeline, registry, serving=serving, now=now, step=step)
    except TrainingRuns as error:
        print(f"ml.train: {error}", file=sys.stderr)
        return os.EX_TEMPFAIL
    except EXPECTED as error:
        print(f"ml.train: {error}", file=sys.stderr)
        return 1
    _print_summary(version)
    return 0


def _train(
    options: argparse.Namespace,
    settings: TrainingSettings,
    pipeline: PipelineSettings,
    registry: Registry,
    *,
    serving: Version | None,
    now: datetime,
    step: Report,
) -> Version:
    for name in registry.delete_remains():
        print(f"deleted {name}, which a killed process left")
    with embedded.ensure(pipeline, embedded.WAREHOUSE):
        limits = Limits(young_weight=settings.young_weight)
        data = _read(pipeline, as_of=options.as_of or now, limits=limits)

    def on_step(name: str, done: int, of: int) -> None:
        step(name, done, of)
        print(f"step {done + 1} of {of}: {name}", file=sys.stderr, flush=True)

    print(
        f"{len(data.histories)} interactions, {len(data.log)} of them of trusted shoppers, "
        f"{len(data.catalogue)} products, as of {data.as_of:%F %R} UTC"
    )
    expected = needs.expected(data, measurements=contest.planned(_served(serving)[0]))
    print(f"Expected for {expected}", flush=True)
    needs.check(expected, limit_mb=settings.memory_mb)
    with threadpool_limits(settings.threads), engines.using(options.engine, settings):
        return train(
            data,
            registry=registry,
            now=now,
            serving=serving,
            back_test=options.as_of is not None,
            report=_print_row,
            on_step=on_step,
            plugins=settings.plugins,
        )


def _read(pipeline: PipelineSettings, *, as_of: datetime, limits: Limits) -> TrainingData:
    warehouse = Warehouse(pipeline)
    try:
        migrate(warehouse)
        return from_warehouse(warehouse, as_of=as_of, limits=limits)
    finally:
        warehouse.close()


def _print_row(one: Measurement) -> None:
    metrics, candidate = one.metrics, one.candidate
    serving = "  (the served recipe)" if candidate.serving else ""
    print(
        f"{one.part:<6}  {candidate.label:<58} Recall@{metrics.k} {metrics.recall:.4f}  NDCG@{metrics.k} "
        f"{metrics.ndcg:.4f}  MRR {metrics.mrr:.4f}  {one.seconds:6.1f} s{serving}",
        flush=True,
    )


def _print_summary(version: Version) -> None:
    manifest = version.manifest
    if problem := manifest["served_recipe_problem"]:
        print(f"Not compared with the served recipe: {problem}")
    elif manifest["judged_against"] is None:
        print("Not compared with a version that serves; `--serving VERSION` does that.")
    if manifest["split_at"] is None:
        print("The history is too short to compare recipes; the default recipes are used.")
    verdicts = gates.stored_verdicts(manifest) or []
    for verdict in verdicts:
        print(f"{verdict.outcome.replace('_', ' '):<14}  {verdict}")
    if pages := manifest["product_pages"]["measured"]:
        print(f"Product pages: {product_pages.summary(pages)}")
    _print_drift(version)
    if not gates.published_algorithms(verdicts):
        print("Shoppers get no personal lists from interactions: popular and similar products instead.")
    trust = manifest["trust"] or {}
    left_out = trust.get("rows", {}).get("young", 0)
    if left_out > manifest["rows"]:
        print(
            f"{left_out} interactions were left out, more than were learned from: their shoppers neither "
            "bought anything nor came back. VITRINE_ML_YOUNG_WEIGHT changes that (docs/decisions/abuse.md)."
        )
    if version.is_back_test:
        command = f'publish_model {version.id} --force --reason "…"'
        print(f"registered {version.id}, a back-test; only `python manage.py {command}` serves it")
    else:
        print(f"registered {version.id}; `python manage.py publish_model` serves it")


def _print_drift(version: Version) -> None:
    found = drift.stored(version.manifest)
    for check in found.found if found else []:
        print(f"Drift           {check.name}: {check.reason}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ml.train", description=__doc__)
    parser.add_argument(
        "--as-of",
        type=_as_of,
        help="train on data before this day or ISO time: a back-test, which is published only with --force",
    )
    parser.add_argument(
        "--serving",
        metavar="VERSION",
        help="the served version (see `manage.py publish_model --list`), whose recipe is compared, too",
    )
    parser.add_argument("--engine", choices=engines.NAMES, default=engines.LOCAL, help=engines.HELP)
    return parser


def _as_of(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a date like 2026-03-01") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


if __name__ == "__main__":
    os.umask(embedded.OWNER_ONLY)
    sys.exit(main())
