"""Commands for the encoder of hybrid search: `python -m indexing.encoder fetch` and `check`."""

import argparse
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from tqdm import tqdm

from indexing.encoder.errors import EncoderError
from indexing.encoder.fetching import PUBLISHED, fetch, read_manifest
from indexing.encoder.settings import FOLDER, EncoderSettings, EncoderSettingsError, load

DEFAULT_FOLDER = Path("var/encoder")
ALIKE = ("running shoes", "sneakers for sport")
DIFFERENT = "cast iron cooking pot"
TIMED = 32


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0, or 1 if it failed."""
    options = _parser().parse_args(arguments)
    try:
        return _fetch(options) if options.command == "fetch" else _check(options)
    except EncoderSettingsError as error:
        print(error, file=sys.stderr)
    except EncoderError as error:
        print(f"{error}. {error.remedy}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m indexing.encoder", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    fetching = commands.add_parser("fetch", help="download an encoder and verify its checksums")
    fetching.add_argument("folder", nargs="?", type=Path, default=DEFAULT_FOLDER, help="default: %(default)s")
    fetching.add_argument(
        "--manifest",
        type=Path,
        default=PUBLISHED,
        help="a JSON file with the addresses, sizes and checksums of another encoder's files",
    )
    checking = commands.add_parser("check", help="load the encoder and encode with it")
    checking.add_argument("folder", nargs="?", type=Path, help=f"default: that of {FOLDER}")
    return parser


def _fetch(options: argparse.Namespace) -> int:
    manifest = read_manifest(options.manifest)
    total = sum(file.bytes for file in manifest.files)
    with tqdm(total=total, unit="B", unit_scale=True, disable=None) as progress:
        fetched = fetch(manifest, options.folder, progress=progress.update)
    print(f"{manifest.name}: {'downloaded to' if fetched else 'already in'} {options.folder}")
    print(f"Use it with: export {FOLDER}={options.folder.absolute()}")
    return 0


def _check(options: argparse.Namespace) -> int:
    settings = EncoderSettings.from_env()
    if options.folder is not None:
        settings = EncoderSettings(folder=options.folder, threads=settings.threads if settings else 1)
    if settings is None:
        print(f"{FOLDER} is not set, so searches use words only.", file=sys.stderr)
        return 1
    encoder = load(settings)
    print(f"folder      {settings.folder}")
    print(f"checksum    {encoder.identity.checksum}")
    print(f"dimensions  {encoder.identity.dimensions}")
    query, (alike, different) = encoder.query(ALIKE[0]), encoder.passages([ALIKE[1], DIFFERENT])
    print(f"cosine      {query @ alike:.3f} for {ALIKE[1]!r}, {query @ different:.3f} for {DIFFERENT!r}")
    times = []
    for number in range(TIMED):
        start = perf_counter()
        encoder.query(f"{ALIKE[0]} {number}")
        times.append(perf_counter() - start)
    print(f"time        {statistics.median(times) * 1_000:.1f} ms for a query that isn't cached")
    return 0


if __name__ == "__main__":
    sys.exit(main())
