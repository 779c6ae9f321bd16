"""Blocks of a report's SQL that only some values of its parameters need.

    /* only breakdown = customer_type or by = buyer */ LEFT JOIN buyers ON … /* end */
    /* only by = session */ if(by_session, visits.began_at, never) /* else never */ AS unit
    number = 2 /* only steps over 2 */, number = 3 /* end */
    /* only steps has custom */ if(type = 'custom', …, /* end */ … /* only steps has custom */ ) /* end */

A list is `over` a number if it has more items, and `has` a word if an item is `word:…`.

The whole file is valid SQL, with the same result for all values. Without a block that isn't needed, or with
what is after `else`, the statement is shorter: ClickHouse's analysis of it takes as long as reading a month.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sized

_BLOCK = re.compile(r"/\* only ([^*]+) \*/(.*?)/\* (?:end|else ([^*]*)) \*/", re.DOTALL)
_TERM = re.compile(r"(\w+) (=|!=|over|has) (\w+)")
_OPENING = "/* only "


def needed(sql: str, values: Mapping[str, object]) -> str:
    """Return the SQL with the blocks that these values need, and without the others."""

    def chosen(block: re.Match[str]) -> str:
        condition, text, otherwise = block.groups()
        return text if _holds(condition, values) else otherwise or ""

    return _BLOCK.sub(chosen, sql)


def conditions(sql: str) -> Iterator[tuple[str, str, str]]:
    """Yield the parameter, the operator and the value of each term of the blocks' conditions.

    Raises:
        ValueError: a block has no end, or its condition can't be read.
    """
    found = _BLOCK.findall(sql)
    if len(found) != sql.count(_OPENING):
        raise ValueError("a block has no end")
    for condition, _, _ in found:
        for term in condition.split(" or "):
            matched = _TERM.fullmatch(term)
            if matched is None:
                raise ValueError(f"{term!r} isn't a condition like `by = session`")
            yield matched.group(1), matched.group(2), matched.group(3)


def _holds(condition: str, values: Mapping[str, object]) -> bool:
    terms = (_TERM.fullmatch(term) for term in condition.split(" or "))
    return any(
        _is_true(values[term.group(1)], operator=term.group(2), operand=term.group(3))
        for term in terms
        if term
    )


def _is_true(value: object, *, operator: str, operand: str) -> bool:
    match operator:
        case "over":
            return isinstance(value, Sized) and len(value) > int(operand)
        case "has":
            return isinstance(value, Iterable) and any(str(item).startswith(f"{operand}:") for item in value)
        case _:
            return (str(value) == operand) == (operator == "=")
