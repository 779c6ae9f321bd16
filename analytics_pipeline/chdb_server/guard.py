"""Refuse statements that the engine's grants don't prevent.

The grants of config/users.xml keep both roles from tables that they may not read and from all of the engine's
sources (file(), url(), s3(), remote() …). chdb doesn't check grants everywhere, because it is meant to read
the files of the process that embeds it: the scalar function file(), INTO OUTFILE, FROM INFILE, table engines,
format templates and system tables are refused here. The guard examines the statement as the engine's own
parser formats it, so comments, quotes and escapes can't hide anything.
"""

import re
from collections.abc import Callable, Sequence
from enum import StrEnum

from analytics_pipeline.chdb_server import errors, statements
from analytics_pipeline.chdb_server.masking import masked
from analytics_pipeline.chdb_server.statements import Token


class Role(StrEnum):
    """The role of config/users.xml that a request is served with."""

    SHOP = "shop"
    ANALYST = "analyst"


_ANALYSTS_STATEMENTS = frozenset(
    {"SELECT", "WITH", "SHOW", "DESCRIBE", "EXPLAIN", "EXISTS", "USE", "KILL", "("}
)
# These read files, run text as a statement or a program, read the process that embeds the engine, or store a
# table elsewhere. Those with the prefix call a language model.
_FORBIDDEN_FUNCTIONS = frozenset({"DISK", "EVAL", "EXECUTABLE", "FILE", "PYTHON"})
_FORBIDDEN_FUNCTION_PREFIXES = ("AI",)
# These reveal paths and other details of the machine, write to its log, occupy its threads, or read a table
# whose name is a string.
_FORBIDDEN_TO_ANALYSTS = frozenset(
    {
        "ADDRESSTOLINE",
        "ADDRESSTOLINEWITHINLINES",
        "ADDRESSTOSYMBOL",
        "BUILDID",
        "CATBOOSTEVALUATE",
        "DISPLAYNAME",
        "FILESYSTEMAVAILABLE",
        "FILESYSTEMCAPACITY",
        "FILESYSTEMUNRESERVED",
        "FQDN",
        "FULLHOSTNAME",
        "GETMACRO",
        "GETMERGETREESETTING",
        "GETOSKERNELVERSION",
        "GETSERVERPORT",
        "GETSERVERSETTING",
        "HOSTNAME",
        "LOGTRACE",
        "LOOP",
        "MERGE",
        "SERVERUUID",
        "SHOWCERTIFICATE",
        "SLEEP",
        "SLEEPEACHROW",
        "TCPPORT",
        "TRAP",
        "UPTIME",
        "ZOOKEEPERSESSIONUPTIME",
    }
)
# Settings of formats that read or write a file on the server or contact another server, and settings whose
# values are expressions or statements that the engine would run unexamined.
_FORBIDDEN_SETTINGS = (
    "additional_result_filter",
    "additional_table_filters",
    "ast_fuzzer",
    "format_avro_schema_registry",
    "format_schema",
    "format_template",
    "input_format_record_errors_file",
    "output_format_schema",
    "parallel_replicas_custom_key",
)
# The values of these settings are expressions, too. Columns may have the same names.
_CLAUSE_SETTINGS = frozenset({"filter", "order", "select", "sort"})
# Words that may follow WITH inside one query. Any other word after PARALLEL WITH begins a second statement.
_AFTER_WITH = frozenset({"CUBE", "FILL", "ROLLUP", "TIES", "TOTALS"})
# `dialect` chooses a language that isn't examined here, `profile` would replace the limits of a role.
_FORBIDDEN_PARAMETERS = frozenset({"dialect", "profile"})
_TABLE_ENGINE = re.compile(r"\w*MERGETREE|ATOMIC|BUFFER|JOIN|LOG|MEMORY|NULL|SET|STRIPELOG|TINYLOG")
_SYSTEM = "SYSTEM"
# The tables that drivers need to describe a database. ClickHouse limits their rows to what the role may read.
_ANALYSTS_SYSTEM_TABLES = frozenset(
    {
        "AGGREGATE_FUNCTION_COMBINATORS",
        "COLLATIONS",
        "COLUMNS",
        "CONTRIBUTORS",
        "DATABASES",
        "DATA_TYPE_FAMILIES",
        "FORMATS",
        "FUNCTIONS",
        "KEYWORDS",
        "LICENSES",
        "NUMBERS",
        "NUMBERS_MT",
        "ONE",
        "SETTINGS",
        "TABLES",
        "TABLE_ENGINES",
        "TABLE_FUNCTIONS",
        "TIME_ZONES",
        "ZEROS",
    }
)
# The shop's statements are examined only if they contain one of these or a second statement. An escape may
# stand for a letter.
_SUSPICIOUS = re.compile(
    rb"file|eval|executable|python|engine|disk|parallel|format_|\bai\w|\\x|;\s*\S", re.IGNORECASE
)
_CALL_IN_DATA = re.compile(
    rb"(?:file|eval|\bai\w+|\\x\w\w\w*)[`\"\xe2\x80\x9d]*(?:\s|/\*.*?\*/|--[^\n]*\n|\#[^\n]*\n)*\(",
    re.IGNORECASE | re.DOTALL,
)


class Guard:
    """Examines statements before they run. `canonical` returns a statement in the engine's own spelling."""

    def __init__(self, canonical: Callable[[bytes], str]) -> None:
        self._canonical = canonical

    def permit(self, text: bytes, *, role: Role, readonly: bool) -> bytes:
        """Return the statement to run.

        Raises:
            EngineError: the statement isn't permitted.
        """
        if role is Role.SHOP and not readonly and not _SUSPICIOUS.search(text):
            return text
        canonical = self._canonical(text)
        tokens = statements.tokens(canonical)
        _refuse_files(tokens)
        if role is Role.ANALYST:
            _refuse_to_analysts(tokens)
            canonical = masked(canonical, tokens)
        return canonical.encode()


def evaluates_calls(data: bytes) -> bool:
    """Return whether the data after VALUES may contain a call of a forbidden function."""
    return _CALL_IN_DATA.search(data) is not None


def permit_setting(name: str) -> None:
    """Raise EngineError for a setting that a request may not change."""
    if name in _FORBIDDEN_PARAMETERS | _CLAUSE_SETTINGS or name.startswith(_FORBIDDEN_SETTINGS):
        raise _denied(f"The setting {name} can't be changed")


def permit_database(name: str, *, role: Role) -> None:
    """Raise EngineError if the database may not be this role's default."""
    if role is Role.ANALYST and name.upper() == _SYSTEM:
        raise _denied(f"This user can't use the database {name}")


def _refuse_files(tokens: Sequence[Token]) -> None:
    defines = bool(tokens) and tokens[0].upper in {"ATTACH", "CREATE", "REPLACE"}
    for before, token, after in zip(_shifted(tokens, 1), tokens, _shifted(tokens, -1), strict=True):
        if token.is_name and (after.text == "(" or before.upper == "APPLY") and _is_forbidden(token):
            raise _denied(f"The function {token.text} is not available")
        if (before.upper, token.upper) in {("INTO", "OUTFILE"), ("FROM", "INFILE")} and after.text[:1] == "'":
            raise _denied(
                f"{before.text} {token.text} is not available: this server reads and writes no files"
            )
        if token.is_name and after.text == "=" and _may_be_forbidden_setting(token, before=before):
            permit_setting(token.text)
        if (before.upper, token.upper) == ("PARALLEL", "WITH") and after.upper not in _AFTER_WITH:
            raise _denied("PARALLEL WITH is not available: send one statement at a time")
        if (
            defines
            and before.upper == "ENGINE"
            and token.text == "="
            and not _TABLE_ENGINE.fullmatch(after.upper)
        ):
            raise _denied(f"The engine {after.text} is not available: tables are stored in this server alone")


def _may_be_forbidden_setting(token: Token, *, before: Token) -> bool:
    begins_setting = before.upper in {"SETTINGS", ","}
    return token.text.startswith(_FORBIDDEN_SETTINGS) or (begins_setting and token.text in _CLAUSE_SETTINGS)


def _refuse_to_analysts(tokens: Sequence[Token]) -> None:
    if not tokens or tokens[0].upper not in _ANALYSTS_STATEMENTS:
        raise errors.refuse(
            "This user can only read: SELECT, SHOW, DESCRIBE, EXPLAIN and EXISTS", code=errors.Code.READONLY
        )
    if [token.upper for token in tokens[:2]] == ["SHOW", "PROCESSLIST"]:
        raise _denied("This user can't see the statements of others")
    for position, token in enumerate(tokens):
        if token.is_name and token.upper in _FORBIDDEN_TO_ANALYSTS:
            raise _denied(f"This user can't call {token.text}")
        following = [other.upper for other in tokens[position + 1 : position + 3]]
        if token.is_name and token.upper == _SYSTEM and following[:1] == ["."]:
            _refuse_system_table(following[1:])
        if token.text == ":" and following == ["IDENTIFIER", "}"]:
            raise _denied("Names can't be parameters for this user")


def _refuse_system_table(names: Sequence[str]) -> None:
    if names and names[0] not in _ANALYSTS_SYSTEM_TABLES:
        raise _denied(f"This user can't read system.{names[0].lower()}")


def _is_forbidden(token: Token) -> bool:
    return token.upper in _FORBIDDEN_FUNCTIONS or token.upper.startswith(_FORBIDDEN_FUNCTION_PREFIXES)


def _shifted(tokens: Sequence[Token], by: int) -> list[Token]:
    nothing = [Token("", "", is_name=False)]
    return [*nothing, *tokens][:-1] if by > 0 else [*tokens, *nothing][1:]


def _denied(reason: str) -> errors.EngineError:
    return errors.refuse(reason, code=errors.Code.ACCESS_DENIED)
