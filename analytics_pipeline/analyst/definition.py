"""What a report shows: its description, parameters and columns."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Definition:
    """A report's definition; a notebook shows it as text and tables.

    `parameters` have the keys name, type, default, choices and description, `columns` name, type and
    description. `sql` is empty for a remote shop.
    """

    name: str
    description: str
    parameters: tuple[Mapping[str, Any], ...]
    columns: tuple[Mapping[str, Any], ...]
    sql: str = ""

    @property
    def parameter_table(self) -> "pd.DataFrame":
        """The parameters, one row each; a required one has no default."""
        return _table(self.parameters, ("name", "type", "default", "choices", "description"))

    @property
    def column_table(self) -> "pd.DataFrame":
        """The columns of the result, one row each."""
        return _table(self.columns, ("name", "type", "description"))

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        import html  # noqa: PLC0415 - imported by every process otherwise

        return (
            f"<h4>{self.name}</h4><p>{html.escape(self.description)}</p>"
            f"<b>Parameters</b>{_html(self.parameter_table)}<b>Columns</b>{_html(self.column_table)}"
        )


def _table(rows: tuple[Mapping[str, Any], ...], names: tuple[str, ...]) -> "pd.DataFrame":
    import pandas as pd  # noqa: PLC0415 - only notebooks need it

    cells = [[_text(row.get(name)) for name in names[1:]] for row in rows]
    index = pd.Index([row["name"] for row in rows], name="name")
    return pd.DataFrame(cells, columns=list(names[1:]), index=index)


def _text(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _html(table: "pd.DataFrame") -> str:
    import pandas as pd  # noqa: PLC0415 - as above

    with pd.option_context("display.max_colwidth", None):
        return str(table.to_html())
