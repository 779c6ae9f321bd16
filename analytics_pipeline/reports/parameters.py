"""Parameters of reports: their declaration, and the parsing of values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from analytics_pipeline.reports.errors import InvalidParameters

DATE, NUMBER, TEXT, TEXTS = "Date", "UInt64", "String", "Array(String)"
TYPES = (DATE, NUMBER, TEXT, TEXTS)
Value = date | int | str | list[str]
FIRST_DAY, LAST_DAY = date(1970, 1, 2), date(2149, 6, 4)
LARGEST_NUMBER = 2**63 - 1
MOST_ITEMS = 100
_LONGEST_TEXT = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of a report.

    `default` is None if the parameter is required. `choices` are the allowed strings (any if empty),
    `minimum` and `maximum` bound a number, `minimum_items` and `maximum_items` the length of an array, and
    `not_before` names the date that this date must not precede.
    """

    name: str
    type: str
    description: str
    default: Value | None = None
    choices: tuple[str, ...] = ()
    minimum: int = 0
    maximum: int = LARGEST_NUMBER
    minimum_items: int = 1
    maximum_items: int = MOST_ITEMS
    not_before: str | None = None

    def parse(self, value: object) -> Value:
        """Return the value in the parameter's type.

        Raises:
            ValueError: it can't be used; the message says what is allowed.
        """
        match self.type:
            case "Date":
                return _date(value)
            case "UInt64":
                return _number(value, minimum=self.minimum, maximum=self.maximum)
            case "Array(String)":
                return _texts(value, minimum=self.minimum_items, maximum=self.maximum_items)
            case _:
                return _text(value, choices=self.choices)


def parse(parameters: Sequence[Parameter], given: Mapping[str, object], *, report: str) -> dict[str, Value]:
    """Return a value for each of `parameters`, with defaults for those not given.

    Raises:
        InvalidParameters: a parameter is missing, unknown or invalid.
    """
    known = {parameter.name: parameter for parameter in parameters}
    allowed = f"it has {', '.join(known)}" if known else "it has none"
    faults = {name: f"is not a parameter of {report}; {allowed}" for name in given if name not in known}
    values: dict[str, Value] = {}
    for name, parameter in known.items():
        value = parameter.default if given.get(name) is None else given[name]
        if value is None:
            faults[name] = "must be given"
            continue
        try:
            values[name] = parameter.parse(value)
        except ValueError as error:
            faults[name] = str(error)
    faults |= _reversed_periods(known, values)
    if faults:
        raise InvalidParameters(faults)
    return values


def _reversed_periods(known: Mapping[str, Parameter], values: Mapping[str, object]) -> dict[str, str]:
    faults = {}
    for name, parameter in known.items():
        first, last = values.get(parameter.not_before or ""), values.get(name)
        if isinstance(first, date) and isinstance(last, date) and last < first:
            faults[name] = f"{last} is before the {parameter.not_before} {first}"
    return faults


def _date(value: object) -> date:
    try:
        parsed = value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError as error:
        raise ValueError(f"must be a date in the form YYYY-MM-DD, not {value!r}") from error
    if not FIRST_DAY <= parsed <= LAST_DAY:
        raise ValueError(f"must be between {FIRST_DAY} and {LAST_DAY}")
    return parsed


def _number(value: object, *, minimum: int, maximum: int) -> int:
    text = str(value)
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST_NUMBER))):
        raise ValueError(f"must be a whole number, not {text[:50]!r}")
    if not minimum <= int(text) <= maximum:
        raise ValueError(f"must be from {minimum} to {maximum}")
    return int(text)


def _text(value: object, *, choices: Sequence[str]) -> str:
    text = str(value)
    if choices and text not in choices:
        raise ValueError(f"must be one of {', '.join(choices)}, not {text[:50]!r}")
    if len(text) > _LONGEST_TEXT or "\0" in text:
        raise ValueError(f"must be at most {_LONGEST_TEXT} characters, without a null character")
    return text


def _texts(value: object, *, minimum: int, maximum: int) -> list[str]:
    """Return the items of a list, or of a text that separates them by commas."""
    items = value if isinstance(value, list | tuple) else str(value).split(",")
    texts = [_text(item, choices=()).strip() for item in items]
    if not all(texts):
        raise ValueError("must have no empty items")
    if len(set(texts)) != len(texts):
        raise ValueError("must have each item once")
    if not minimum <= len(texts) <= maximum:
        raise ValueError(f"must have from {minimum} to {maximum} items, not {len(texts)}")
    return texts
