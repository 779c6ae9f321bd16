"""What a training will need, said before it starts, and refused if the memory can't suffice.

The constants were measured by `python -m benchmarks.training`, which repeats it; docs/decisions/models.md has
the figures. They are of the recipes of this release on one thread; a model of one's own may need more.
"""

import resource
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.training_data import TrainingData

# Python with its libraries, and blocks of scores, which have a fixed size.
BASE_MB = 260.0
MB_A_THOUSAND_ROWS = 1.0
MB_A_THOUSAND_SHOPPERS = 3.0
MB_A_THOUSAND_PRODUCTS = 40.0
SECONDS_A_THOUSAND_ROWS = 0.2
SECONDS_A_THOUSAND_SHOPPERS = 0.3
SECONDS_A_THOUSAND_PRODUCTS = 5.0
LEAST_SECONDS = 0.0
# The measurements are between the expected value divided and multiplied by these.
MEMORY_ERROR = 1.3
TIME_ERROR = 2.0
STATUS = Path("/proc/self/status")
MEMINFO = Path("/proc/meminfo")
CGROUP_LIMIT, CGROUP_USED = (Path("/sys/fs/cgroup") / name for name in ("memory.max", "memory.current"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """The size of the data, and the expected memory (MB) and processor time (s) of training on it."""

    rows: int
    shoppers: int
    products: int
    measurements: int
    megabytes: float
    seconds: float

    @property
    def least_megabytes(self) -> float:
        """What it needs at least, as far as the expectation may err."""
        return self.megabytes / MEMORY_ERROR

    def __str__(self) -> str:
        memory = _range(self.megabytes, MEMORY_ERROR)
        seconds = _range(self.seconds, TIME_ERROR)
        return (
            f"{self.rows:,} interactions of {self.shoppers:,} shoppers, {self.products:,} products and "
            f"{self.measurements} measurements: about {memory} MB of memory and {seconds} s of processor time"
        )


class NotEnoughMemory(MemoryError):
    """The training needs more memory than it may use."""

    def __init__(self, needs: Needs, *, available: float) -> None:
        super().__init__(
            f"{needs}, but {available:,.0f} MB are available. Give it more memory, or set "
            "VITRINE_ML_MEMORY_MB to the memory that it may use"
        )
        self.needs, self.available = needs, available


def expected(data: TrainingData, *, measurements: int) -> Needs:
    """Return what a training with so many measurements will need."""
    rows, products = len(data.histories), len(data.catalogue)
    shoppers = len(np.unique(data.histories.users))
    return of_size(rows, shoppers, products, measurements=measurements)


def of_size(rows: int, shoppers: int, products: int, *, measurements: int) -> Needs:
    """Return what a training on so much data will need."""
    thousands = tuple(count / 1_000 for count in (rows, shoppers, products))
    memory = (MB_A_THOUSAND_ROWS, MB_A_THOUSAND_SHOPPERS, MB_A_THOUSAND_PRODUCTS)
    time = (SECONDS_A_THOUSAND_ROWS, SECONDS_A_THOUSAND_SHOPPERS, SECONDS_A_THOUSAND_PRODUCTS)
    return Needs(
        rows=rows,
        shoppers=shoppers,
        products=products,
        measurements=measurements,
        megabytes=BASE_MB + _total(thousands, memory),
        seconds=LEAST_SECONDS + _total(thousands, time),
    )


def check(needs: Needs, *, limit_mb: int | None) -> None:
    """Refuse a training whose memory can't suffice; without a limit, what the machine has decides.

    Raises:
        NotEnoughMemory: even the least that it needs is more.
    """
    available = available_mb() if limit_mb is None else float(limit_mb)
    if available is not None and needs.least_megabytes > available:
        raise NotEnoughMemory(needs, available=available)


def available_mb() -> float | None:
    """Return the memory that this process has and may still get, in MB; None where that isn't known."""
    free = [one for one in (_of_machine(), _of_container()) if one is not None]
    if not free:
        return None
    # The greatest so far: it is of this process, and what it gave back is free again.
    return min(free) + peak_mb()


def peak_mb() -> float:
    """Return the greatest memory that this process had, in MB."""
    try:
        lines = STATUS.read_text(encoding="ascii", errors="replace").splitlines()
        # Unlike `ru_maxrss`, it doesn't begin with that of the process that started this one.
        kilobytes = next(line.split()[1] for line in lines if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        unit = 1_000_000 if sys.platform == "darwin" else 1_000
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    return int(kilobytes) * 1_024 / 1e6


def _of_machine() -> float | None:
    try:
        lines = MEMINFO.read_text(encoding="ascii").splitlines()
        kilobytes = next(line.split()[1] for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        return None
    return int(kilobytes) * 1_024 / 1e6


def _of_container() -> float | None:
    try:
        limit, used = (path.read_text(encoding="ascii").strip() for path in (CGROUP_LIMIT, CGROUP_USED))
    except OSError:
        return None
    return (int(limit) - int(used)) / 1e6 if limit.isdigit() else None


def _total(amounts: tuple[float, ...], each: tuple[float, ...]) -> float:
    return sum(amount * one for amount, one in zip(amounts, each, strict=True))


def _range(value: float, error: float) -> str:
    return f"{value:,.0f} ({value / error:,.0f} to {value * error:,.0f})"
