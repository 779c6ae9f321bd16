"""Where the shop is, and the credentials for it: from arguments, environment variables or a file."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Self

from analytics_pipeline.analyst.errors import InvalidAccess

FILE_VARIABLE = "VITRINE_ACCESS_FILE"
DEFAULT_FILE = Path("~/.config/vitrine/access.toml")
_SCHEMES = ("http://", "https://")


@dataclass(frozen=True, slots=True)
class Access:
    """The address of a remote shop, and credentials; without `url`, the shop on this machine.

    Reports need `phone` and `password` of an account with the area `reports`, or of a seller, or `token`, an
    access token. SQL needs `warehouse_url`, the address of the warehouse with the user `analyst` and the
    password.
    """

    url: str = ""
    phone: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    warehouse_url: str = field(default="", repr=False)

    @classmethod
    def find(cls, environ: Mapping[str, str] | None = None, **given: str) -> Self:
        """Return the access that is `given`, completed from VITRINE_URL and so on, then from the file.

        The file is that of VITRINE_ACCESS_FILE, else `~/.config/vitrine/access.toml` if it exists. A source
        that names another address is ignored, so that its credentials aren't sent to the wrong shop.

        Raises:
            InvalidAccess: a value, or the file, can't be used.
        """
        variables = os.environ if environ is None else environ
        names = [each.name for each in fields(cls)]
        from_variables = {name: variables.get(f"VITRINE_{name.upper()}", "") for name in names}
        found: dict[str, str] = {}
        for source in (given, from_variables, _read(variables, names=names)):
            stated = {name: value for name, value in source.items() if value}
            if stated.get("url", "").rstrip("/") in ("", found.get("url", stated.get("url", "")).rstrip("/")):
                found = stated | found
        for name in ("url", "warehouse_url"):
            if not found.get(name, _SCHEMES[0]).startswith(_SCHEMES):
                raise InvalidAccess(f"{name} must begin with http:// or https://: {found[name]!r}")
        return cls(**{**found, "url": found.get("url", "").rstrip("/")})


def _read(variables: Mapping[str, str], *, names: list[str]) -> dict[str, str]:
    """Return the values of the access file; none if there is no file at the default path."""
    named = variables.get(FILE_VARIABLE)
    path = Path(named or DEFAULT_FILE).expanduser()
    if not path.exists():
        if named:
            raise InvalidAccess(f"there is no file {path}, which {FILE_VARIABLE} names")
        return {}
    if path.stat().st_mode & 0o077:
        raise InvalidAccess(f"others can read the credentials in {path}: run `chmod 600 {path}`")
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidAccess(f"{path} is not TOML: {error}") from error
    for name, value in values.items():
        if name not in names or not isinstance(value, str):
            raise InvalidAccess(f"{path}: {name} must be one of {', '.join(names)}, and a text")
    return values
