"""A report's file declares everything about it; a fault is reported with its line and affects no other report."""

from pathlib import Path

import pytest

from analytics_pipeline import reports
from analytics_pipeline.reports import InvalidReport
from analytics_pipeline.reports.definition import read

VALID = """/*
description = "What was sold."
scope = ["staff", "seller"]

[parameters.limit]
type = "UInt64"
default = 10
maximum = 50
description = "How many."

[parameters.since]
type = "Date"
description = "The first day."

[columns]
n = { type = "UInt64", description = "A number." }
*/
SELECT n FROM things
WHERE seller = {seller:UInt64} AND day >= {since:Date}
LIMIT {limit:UInt64}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "things.sql"


def test_a_file_declares_the_parameters_and_columns_of_its_report(path: Path) -> None:
    path.write_text(VALID)
    report = read(path)
    limit, since = report.parameters
    assert (report.name, report.description, report.scope) == (
        "things",
        "What was sold.",
        frozenset({"staff", "seller"}),
    )
    assert (limit.name, limit.type, limit.default, limit.maximum) == ("limit", "UInt64", 10, 50)
    assert (since.default, report.columns[0].description) == (None, "A number.")
    assert report.sql.startswith("SELECT")


@pytest.mark.parametrize(
    ("valid", "faulty", "line", "reason"),
    [
        ("/*\n", "-- sales\n", 1, "must begin with a head"),
        ("default = 10", "default = ", 7, "not TOML: Invalid value"),
        ('description = "What was sold."', "", 1, "a description is missing"),
        ('scope = ["staff", "seller"]', 'scope = ["customer"]', 3, "scope must be"),
        ('scope = ["staff", "seller"]', "", 1, "scope must be"),
        ('scope = ["staff", "seller"]', 'scope = ["staff"]', 3, "if and only if the scope includes sellers"),
        ("maximum = 50", "most = 50", 8, "unknown key most"),
        ("maximum = 50", "maximum = 5", 5, "the default of limit must be from 0 to 5"),
        ('type = "UInt64"\ndefault', 'type = "Int8"\ndefault', 5, "type of limit must be one of"),
        ("default = 10", 'default = "10"', 5, "default of limit must be a UInt64"),
        ("default = 10", "default = true", 5, "default of limit must be a UInt64"),
        ("maximum = 50", 'choices = ["a"]', 5, "only a String may have choices"),
        ("maximum = 50", "maximum_items = 5", 5, "maximum_items of limit needs a type Array(String)"),
        (
            'type = "UInt64"\ndefault = 10\nmaximum = 50',
            'type = "Array(String)"\ndefault = ["a"]\nminimum_items = 2',
            5,
            "default of limit must have from 2 to 100 items, not 1",
        ),
        ("maximum = 50", 'not_before = "since"', 5, "must name another date"),
        ("[parameters.limit]", "[parameters.format]", 5, "can't be called format"),
        ("[parameters.limit]", "[parameters.seller]", 5, "can't be called seller"),
        (
            "[parameters.limit]",
            "[parameters.most]",
            20,
            "uses {limit:UInt64}, which the head doesn't declare",
        ),
        ("{since:Date}", "{since:String}", 19, "declared as Date and used as String"),
        ("AND day >= {since:Date}", "", 11, "doesn't use the parameter since"),
        ('n = { type = "UInt64", description = "A number." }', "", 1, "must describe the columns"),
        ('n = { type = "UInt64", ', "n = { ", 16, "must have a type and a description"),
        ('n = { type = "UInt64"', 'n = { type = "Tuple"', 16, "Tuple is not a type"),
        ("[parameters.limit]", "days_around = -1\n\n[parameters.limit]", 5, "a whole number of days"),
        (
            "[parameters.limit]",
            "days_around = 1\n\n[parameters.limit]",
            5,
            "needs the parameters start_date and",
        ),
        ("LIMIT", "/* only limit = 1 */ LIMIT", 20, "a block has no end"),
        ("LIMIT", "/* only by is day */ LIMIT /* end */", 20, "isn't a condition like"),
        ("LIMIT", "/* only by = day */ LIMIT /* end */", 20, "day is not a choice of a parameter by"),
        ("LIMIT", "/* only limit over 3 */ LIMIT /* end */", 20, "limit over 3 needs a list"),
        ("SELECT n", "DROP TABLE n; SELECT n", 18, "one SELECT without a semicolon"),
    ],
)
def test_a_fault_is_reported_with_its_file_and_line(
    path: Path, valid: str, faulty: str, line: int, reason: str
) -> None:
    assert valid in VALID
    path.write_text(VALID.replace(valid, faulty, 1))
    with pytest.raises(InvalidReport) as raised:
        read(path)
    assert str(raised.value).startswith(f"{path}:{line}: "), str(raised.value)
    assert reason in str(raised.value)


SHARED = """/*
description = "What was sold."
scope = ["staff", "seller"]

[parameters]
limit = { type = "UInt64", default = 10, maximum = 50, description = "How many." }
since = "shared"

[columns]
n = { type = "UInt64", description = "A number." }
*/
SELECT n FROM things
WHERE seller = {seller:UInt64} AND day >= {since:Date}
LIMIT {limit:UInt64}
"""


USES_SINCE = "WHERE seller = {seller:UInt64} AND day >= {since:Date}"


def write_sharing(path: Path, declared: str | None) -> Path:
    """Write a report that takes `since` from the shared parameters, and the file that declares those."""
    path.write_text(SHARED)
    if declared is not None:
        (path.parent / "shared_parameters.toml").write_text(declared)
    return path


def test_a_shared_parameter_equals_one_declared_in_the_report(path: Path) -> None:
    report = read(write_sharing(path, '[since]\ntype = "Date"\ndescription = "The first day."\n'))

    path.write_text(VALID)
    assert report.parameters == read(path).parameters


@pytest.mark.parametrize(
    ("declared", "reason"),
    [
        (None, "has no since; it has none"),
        ('[until]\ntype = "Date"\n', "has no since; it has until"),
        ("[since", "shared_parameters.toml can't be read"),
        ('since = "a day"', "this must be a TOML table"),
        ('[since]\ntype = "Day"\ndescription = "A day."', "type of since must be one of"),
        ('[since]\ntype = "Date"\n', "a description is missing"),
        ('[since]\ntype = "String"\ndescription = "A day."', "declared as String and used as Date"),
    ],
)
def test_a_fault_in_a_shared_parameter_is_reported_for_each_report_that_takes_it(
    path: Path, declared: str | None, reason: str
) -> None:
    write_sharing(path, declared)
    (path.parent / "other.sql").write_text(VALID)

    (fault,) = reports.faults(path.parent)

    assert reason in str(fault)
    assert fault.path == path
    assert SHARED.splitlines()[fault.line - 1] in ('since = "shared"', USES_SINCE)
    assert [report.name for report in reports.available(path.parent)] == ["other"]


def test_a_file_that_is_not_text_is_refused(path: Path) -> None:
    path.write_bytes(b"/*\n\xff*/ SELECT 1")
    with pytest.raises(InvalidReport, match="UTF-8"):
        read(path)


def test_a_file_with_a_fault_does_not_affect_other_reports(path: Path) -> None:
    path.write_text(VALID)
    (path.parent / "broken.sql").write_text("SELECT 1")
    folder = path.parent
    assert [report.name for report in reports.available(folder)] == ["things"]
    assert [fault.path.name for fault in reports.faults(folder)] == ["broken.sql"]
    assert reports.load("things", folder=folder).name == "things"
    with pytest.raises(InvalidReport):
        reports.load("broken", folder=folder)


def test_the_reports_of_this_release_have_no_faults() -> None:
    assert reports.faults() == []
