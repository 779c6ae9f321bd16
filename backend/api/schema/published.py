"""The file of the published contract of version 1."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings

PATH = Path(settings.BASE_DIR) / "docs" / "api" / "v1.json"


def read(path: Path = PATH) -> dict[str, Any]:
    """Return the published contract."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def write(contract: dict[str, Any], path: Path = PATH) -> None:
    """Write the contract, with one short line for each path's method and each component."""
    lines = ["{", f' "openapi": {json.dumps(contract["openapi"])},', ' "paths": {']
    lines += _entries(contract["paths"])
    lines += [" },", ' "components": {', *_entries(contract["components"]), " }", "}", ""]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines), encoding="utf-8")


def _entries(groups: dict[str, dict[str, Any]]) -> list[str]:
    lines: list[str] = []
    for number, (group, members) in enumerate(sorted(groups.items()), start=1):
        lines.append(f"  {json.dumps(group)}: {{")
        written = [
            f"   {json.dumps(name)}: {json.dumps(member, sort_keys=True, separators=(', ', ': '))}"
            for name, member in sorted(members.items())
        ]
        lines += [*(f"{line}," for line in written[:-1]), *written[-1:]]
        lines.append("  }" if number == len(groups) else "  },")
    return lines
