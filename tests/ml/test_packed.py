"""Files of arrays."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ml import packed
from ml.registry import Registry, Version, VersionDamaged

NOW = datetime(2026, 3, 1, 2, 15, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
ARRAYS: dict[str, NDArray[Any]] = {
    "items": np.arange(5, dtype=np.int64),
    "shares": np.linspace(0, 1, 6, dtype=np.float32).reshape(2, 3),
    "keys": np.array([b"one", b"three"]),
    "kept": np.array([True, False]),
    "big_endian": np.array([1, 2], dtype=">u2"),
    "columns": np.arange(6, dtype=np.uint8).reshape(2, 3).T,
    "none": np.zeros((0, 50), dtype=np.uint16),
    "number": np.array(7.5),
}


def register(root: Path) -> Version:
    return Registry(root).register(
        lists={}, made_by={}, facts={"fingerprint": "1f3a9c02"}, now=NOW, arrays={"sessions": ARRAYS}
    )


def test_arrays_of_a_version_are_read_as_they_were_registered_and_never_written(tmp_path: Path) -> None:
    found = register(tmp_path).arrays("sessions")

    assert list(found) == list(ARRAYS)
    for name, expected in ARRAYS.items():
        np.testing.assert_array_equal(found[name], expected)
        assert found[name].shape == expected.shape
        assert not found[name].flags.writeable
    assert found["items"].ctypes.data % packed.ALIGNMENT == 0


def test_arrays_are_read_by_a_process_without_numpy(tmp_path: Path) -> None:
    version = register(tmp_path)
    entry = version.manifest["arrays"]["sessions"]
    code = (
        "import sys; from pathlib import Path; from ml import packed\n"
        f"found = packed.opened(Path({str(version.path / entry['file'])!r}), sha256={entry['sha256']!r})\n"
        "print(found['items'].values.tolist(), bytes(found['keys'].values[5:]), 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "[0, 1, 2, 3, 4] b'three' False\n"


def test_mapped_arrays_are_usable_after_the_version_was_deleted(tmp_path: Path) -> None:
    found = register(tmp_path).arrays("sessions")

    Registry(tmp_path).prune(keep=0)

    assert found["items"].tolist() == [0, 1, 2, 3, 4]


def flipped(content: bytes) -> bytes:
    return content[:-1] + bytes([content[-1] ^ 1])


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (None, "is missing"),
        (lambda content: content[:-1], "has another checksum"),
        (flipped, "has another checksum"),
        (lambda _: b"PK\x03\x04 of an archive", "is no file of arrays"),
        (lambda content: content[:5], "is shorter than its header"),
        (lambda _: b"", "is shorter than its header"),
    ],
    ids=["missing", "short", "flipped bit", "another kind", "shorter than its header", "empty"],
)
def test_a_damaged_file_is_refused_by_name(
    tmp_path: Path, damage: Callable[[bytes], bytes] | None, reason: str
) -> None:
    version = register(tmp_path)
    path = version.path / "sessions.arrays"
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage(path.read_bytes()))

    with pytest.raises(VersionDamaged, match=rf"{version.id}: sessions\.arrays {reason}"):
        version.arrays("sessions")


def test_a_file_that_can_not_be_read_is_refused_by_name(tmp_path: Path) -> None:
    version = register(tmp_path)
    path = version.path / "sessions.arrays"
    path.unlink()
    path.mkdir()
    with pytest.raises(
        VersionDamaged, match=rf"{version.id}: sessions\.arrays can't be read \(Is a directory"
    ):
        version.arrays("sessions")


def test_a_file_that_was_edited_with_its_checksum_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "edited.arrays"
    header = b'{"items": {"dtype": "<f16", "shape": [2]}}'
    content = packed.MAGIC + len(header).to_bytes(8, "little") + header + bytes(64)
    path.write_bytes(content)
    with pytest.raises(packed.FileDamaged, match="is no file of arrays"):
        packed.opened(path, sha256=hashlib.sha256(content).hexdigest())


def test_a_version_has_only_the_arrays_that_were_registered(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        register(tmp_path).arrays("terms")


@pytest.mark.parametrize("values", [["text"], [None], np.array(["2026-03-01"], "M8[s]")])
def test_types_that_the_format_does_not_have_are_refused(tmp_path: Path, values: object) -> None:
    with pytest.raises(TypeError, match="'terms'"):
        packed.write(tmp_path / "file", {"terms": np.array(values)})


def test_a_name_outside_the_folder_of_the_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.\./other"):
        Registry(tmp_path).register(
            lists={}, made_by={}, facts={"fingerprint": "1f3a9c02"}, now=NOW, arrays={"../other": ARRAYS}
        )
    assert list(tmp_path.iterdir()) == []


def test_the_header_describes_the_arrays_for_other_programs(tmp_path: Path) -> None:
    packed.write(tmp_path / "file", {"a": np.arange(3, dtype=np.uint16), "b": np.arange(2, dtype=np.uint32)})

    content = (tmp_path / "file").read_bytes()
    end = 16 + int.from_bytes(content[8:16], "little")
    assert json.loads(content[16:end]) == {
        "a": {"dtype": "<u2", "shape": [3], "offset": 0},
        "b": {"dtype": "<u4", "shape": [2], "offset": 64},
    }
    assert end % 64 == 0
    assert content[end + 64 :] == b"\0\0\0\0\1\0\0\0"
