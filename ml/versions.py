"""List, compare and describe versions: `python -m ml.versions list`, `compare A B`, `report V`, `card V`.

`export V --to TARGET` copies one to MLflow.

A comparison has, for each kind of lists, how many subjects have one in each version and in both; how many of
these have the same first products in the same order (`equal`); the mean share of the first products that both
have (`shared`); and how many different products the first places show in each version.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics_pipeline import embedded
from analytics_pipeline.settings import InvalidSetting, PipelineSettings
from analytics_pipeline.warehouse import Warehouse, WarehouseRefused, WarehouseUnavailable
from ml import drift, gates
from ml.arguments import positive
from ml.catalogue import ProductFacts
from ml.lists import NO_PRODUCT, Lists
from ml.mlflow_export import ExportedBefore, MlflowMissing, NotExported, export
from ml.model_card import card
from ml.registry import Registry, Version, VersionDamaged, VersionNotFound
from ml.report import page
from ml.settings import TrainingSettings
from ml.training_data import catalogue_of

EXPECTED = (
    ExportedBefore,
    InvalidSetting,
    MlflowMissing,
    NotExported,
    OSError,
    VersionDamaged,
    VersionNotFound,
)
HISTORY = 9
COMPARED = 10
EXAMPLES = 3
MEGABYTE = 1_000_000


class Pair(NamedTuple):
    """A subject's lists in two versions, at most COMPARED products of each.

    `shared` is the share of the longer one that is in both; 1 if both are empty.
    """

    subject: str
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    shared: float


def in_both(first: Lists, second: Lists) -> list[Pair]:
    """Return the lists of each subject that has one in both versions."""
    places = {str(subject): place for place, subject in enumerate(second.subjects.tolist())}
    found = []
    for place, subject in enumerate(map(str, first.subjects.tolist())):
        if (other := places.get(subject)) is not None:
            lists = (_first(first, place), _first(second, other))
            found.append(Pair(subject, *lists, _shared(*lists)))
    return found


def most_different(pairs: Sequence[Pair], *, count: int) -> Sequence[Pair]:
    """Return the pairs that share least, without those that share everything; ties by subject."""
    different = [pair for pair in pairs if pair.shared < 1]
    return sorted(different, key=lambda pair: (pair.shared, pair.subject))[:count]


def _first(lists: Lists, place: int) -> NDArray[np.int64]:
    products: NDArray[np.int64] = lists.products[place, :COMPARED]
    return np.asarray(products[products != NO_PRODUCT])


def _shared(one: NDArray[np.int64], other: NDArray[np.int64]) -> float:
    longer = max(len(one), len(other))
    return len(np.intersect1d(one, other)) / longer if longer else 1.0


def _products(lists: Lists) -> int:
    return len(np.setdiff1d(lists.products[:, :COMPARED], [NO_PRODUCT]))


def listed(registry: Registry) -> Iterator[str]:
    """Yield a line for each version, the oldest first: what it learned from, its size, and its verdicts."""
    yield f"{'version':<26}{'as of':<18}{'interactions':>13}{'products':>10}{'MB':>8}  verdicts"
    for name in registry.versions():
        try:
            yield _line(registry.load(name))
        except VersionDamaged as error:
            yield f"{name:<26}damaged: {error.file} {error.reason}"


def _line(version: Version) -> str:
    manifest = version.manifest
    size = sum(path.stat().st_size for path in version.path.iterdir()) / MEGABYTE
    return (
        f"{version.id:<26}{_minute(manifest.get('as_of', '')):<18}{manifest.get('rows', 0):>13,}"
        f"{manifest.get('products', 0):>10,}{size:>8.1f}  {_verdicts(manifest)}"
    )


def _verdicts(manifest: Mapping[str, Any]) -> str:
    refused = gates.refusals(manifest, serving=None)
    if refused:
        return "refused: " + ", ".join(sorted({str(verdict.gate) for verdict in refused}))
    algorithms = gates.published_algorithms(gates.stored_verdicts(manifest) or [])
    changed = drift.stored(manifest)
    names = ", ".join(check.name for check in changed.found) if changed else ""
    return "personal lists: " + (", ".join(algorithms) or "none") + (f"; drift: {names}" if names else "")


def _minute(iso: str) -> str:
    return iso[:16].replace("T", " ")


def compared(first: Version, second: Version, *, examples: int) -> Iterator[str]:
    """Yield the lines of a comparison: data, metrics, lists, and the lists that differ most.

    Raises:
        VersionDamaged: lists can't be read.
    """
    yield f"{'':<30}{first.id:>28}{second.id:>28}"
    for label, key in (("as of", "as_of"), ("interactions", "rows"), ("products", "products")):
        yield _row(label, *(_text(version.manifest.get(key, "")) for version in (first, second)))
    yield from _metrics(first, second)
    yield from _judged(first, second)
    yield ""
    columns = "".join(f"{name:>9}" for name in ("in A", "in B", "in both", "equal", "shared"))
    yield f"{'lists':<24}{columns}{'products A':>12}{'products B':>12}"
    for name in sorted({*first.list_names, *second.list_names}):
        yield from _lists(name, first, second, examples=examples)


def _row(label: str, one: str, other: str) -> str:
    return f"{label:<30}{one:>28}{other:>28}"


def _text(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else _minute(str(value))


def _metrics(first: Version, second: Version) -> Iterator[str]:
    """Yield the metrics of the recipes that were tested, and whether they may be compared."""
    tested = [version.manifest.get("tested", {}) for version in (first, second)]
    for recipe in sorted({*tested[0], *tested[1]}):
        found = [one.get(recipe, {}).get("metrics", {}) for one in tested]
        for metric in sorted({*found[0], *found[1]} - {"users"}):
            yield _row(f"{recipe} {metric}", *(_metric(one, metric) for one in found))
    same = all(first.manifest.get(key) == second.manifest.get(key) for key in ("fingerprint", "split_at"))
    if not same and all(tested):
        yield "The metrics are of different data, so that their difference says little about the recipes."


def _metric(metrics: Mapping[str, float], name: str) -> str:
    return f"{metrics[name]:.4f} ({metrics['users']:,} users)" if name in metrics else ""


def _judged(first: Version, second: Version) -> Iterator[str]:
    """Yield the verdicts of one version against the other, if it was judged while the other served."""
    for new, serving in ((first, second), (second, first)):
        if new.manifest.get("judged_against") != serving.id:
            continue
        for verdict in gates.stored_verdicts(new.manifest) or []:
            if verdict.gate is gates.Gate.NOT_WORSE_THAN_SERVING:
                yield f"{new.id} on the same rows as {serving.id}: {verdict} ({verdict.outcome})"


def _lists(name: str, first: Version, second: Version, *, examples: int) -> Iterator[str]:
    if name not in first.list_names or name not in second.list_names:
        yield f"{name:<24}only in {'A' if name in first.list_names else 'B'}"
        return
    one, other = first.lists(name), second.lists(name)
    pairs = in_both(one, other)
    equal = sum(np.array_equal(pair.first, pair.second) for pair in pairs)
    shared = f"{np.mean([pair.shared for pair in pairs]):.3f}" if pairs else ""
    yield (
        f"{name:<24}{len(one):>9,}{len(other):>9,}{len(pairs):>9,}{equal:>9,}{shared:>9}"
        f"{_products(one):>12,}{_products(other):>12,}"
    )
    for pair in most_different(pairs, count=examples):
        yield f"  {pair.subject or 'everyone'}  A {_ids(pair.first)}  B {_ids(pair.second)}"


def _ids(products: NDArray[np.int64]) -> str:
    return " ".join(map(str, products.tolist())) or "nothing"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the versions or a comparison and return 0, or print an error to stderr and return 1."""
    options = _parser().parse_args(arguments)
    try:
        registry = Registry(TrainingSettings.from_env().registry)
        for line in _lines(options, registry):
            print(line)
    except EXPECTED as error:
        print(f"ml.versions: {error}", file=sys.stderr)
        return 1
    return 0


def _lines(options: argparse.Namespace, registry: Registry) -> Iterator[str]:
    if options.command == "list":
        yield from listed(registry)
    elif options.command == "compare":
        first, second = (registry.load(name) for name in (options.first, options.second))
        yield from compared(first, second, examples=options.examples)
    elif options.command == "card":
        yield from card(registry.load(options.version))
    elif options.command == "export":
        run = export(registry.load(options.version), to=options.to)
        yield f"{options.version} is the run {run} in {options.to}, without personal lists"
    else:
        yield from _written(options, registry)


def _written(options: argparse.Namespace, registry: Registry) -> Iterator[str]:
    """Write the report of a version, and yield a line that names the file.

    Raises:
        VersionNotFound, VersionDamaged: there is no such version, or its lists can't be read.
        OSError: the file can't be written.
    """
    version = registry.load(options.version)
    products, problem = _catalogue()
    if problem:
        yield f"The catalogue can't be read, so that products have no titles: {problem}"
    path = Path(options.output or f"{version.id}.html")
    judged = [*registry.judged(before=version.id, count=HISTORY), version]
    path.write_text(page(version, products=products, judged=judged), encoding="utf-8")
    yield f"{path}: the report of {version.id}; it names products, and no shopper"


def _catalogue() -> tuple[Mapping[int, ProductFacts], str | None]:
    """Return the products in the warehouse, or none and the reason why they can't be read."""
    pipeline = PipelineSettings.from_env()
    try:
        with embedded.ensure(pipeline, embedded.WAREHOUSE):
            warehouse = Warehouse(pipeline)
            try:
                return catalogue_of(warehouse, as_of=datetime.now(UTC)).products, None
            finally:
                warehouse.close()
    except (WarehouseRefused, WarehouseUnavailable, embedded.ServiceDidNotStart) as error:
        return {}, str(error)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ml.versions", description="List, compare and describe versions."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="all versions, what they learned from, and what their gates found")
    compare = commands.add_parser(
        "compare", help="two versions: data, metrics, and how much their lists agree"
    )
    compare.add_argument("first", metavar="A")
    compare.add_argument("second", metavar="B")
    compare.add_argument(
        "--examples",
        type=positive,
        default=EXAMPLES,
        metavar="N",
        help=f"of each kind, the N lists that differ most ({EXAMPLES})",
    )
    report = commands.add_parser(
        "report", help="one HTML page: data, recipes, metrics, verdicts, lists by title, and drift"
    )
    report.add_argument("version", metavar="VERSION")
    described = commands.add_parser(
        "card", help="the model card, in Markdown: use, data, metrics, limits and personal data"
    )
    described.add_argument("version", metavar="VERSION")
    report.add_argument("--output", metavar="FILE", help="default: VERSION.html in the present folder")
    exported = commands.add_parser("export", help="copy parameters, metrics, verdicts and lists to MLflow")
    exported.add_argument("version", metavar="VERSION")
    exported.add_argument(
        "--to", required=True, metavar="TARGET", help="a folder, or the address of MLflow's tracking server"
    )
    return parser


if __name__ == "__main__":
    os.umask(embedded.OWNER_ONLY)
    sys.exit(main())
