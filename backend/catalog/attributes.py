"""Names of attributes, such as "colour"; names that differ only in case are the same attribute."""

from collections.abc import Iterable, Mapping

from backend.api.errors import InvalidInput


def collision(names: Iterable[str]) -> str | None:
    """Return an error message if two names are the same or differ only in case; otherwise None."""
    seen: dict[str, str] = {}
    for name in names:
        if name.casefold() in seen:
            return f"{seen[name.casefold()]!r} and {name!r} are the same name, or differ only in case."
        seen[name.casefold()] = name
    return None


def require_same_spelling(names: Iterable[str], *, present: Iterable[Mapping[str, object]]) -> None:
    """Refuse names that differ only in case from names that the product's other variants have.

    Raises:
        InvalidInput: a name differs in case from a name in `present`.
    """
    spelled = {name.casefold(): name for attributes in present for name in attributes}
    for name in names:
        other = spelled.get(name.casefold(), name)
        if other != name:
            raise InvalidInput(attributes=[f"Use the spelling of the product's other variants: {other!r}."])
