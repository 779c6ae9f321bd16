"""Four clients of the warehouse with their default settings, with which its contract is tested.

Each client can do four tasks: run the cases of `warehouse_cases`, read a result row by row, insert rows, and start a
statement and cancel it after half a second.
"""

import base64
import json
import os
import re
import subprocess
import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver.exceptions import ClickHouseError

from tests.clients import copies, maven, npm
from tests.clients.warehouse_cases import Case, Outcome

SECONDS = 120
_PARAMETER = re.compile(r"\{(\w+):([^}]+)\}")


@dataclass(frozen=True, slots=True)
class Address:
    """The address of the warehouse, and the credentials of a user."""

    host: str
    port: int
    database: str
    user: str
    password: str

    @classmethod
    def of(cls, url: str) -> "Address":
        """Parse a URL."""
        parts = urlsplit(url)
        return cls(
            parts.hostname or "",
            parts.port or 8123,
            parts.path.strip("/"),
            parts.username or "",
            parts.password or "",
        )

    @property
    def environ(self) -> dict[str, str]:
        """Return the environment variables that the programs in other languages read."""
        return {
            "WAREHOUSE_URL": f"http://{self.host}:{self.port}",
            "WAREHOUSE_DATABASE": self.database,
            "WAREHOUSE_USER": self.user,
            "WAREHOUSE_PASSWORD": self.password,
        }


class Client(ABC):
    """A client of the warehouse with default settings."""

    def __init__(self, address: Address, *, folder: Path) -> None:
        self.address = address
        self.folder = folder

    @abstractmethod
    def run(self, cases: Sequence[Case]) -> list[Outcome]:
        """Run the cases one after the other over one connection."""

    @abstractmethod
    def read(self, statement: str) -> Outcome:
        """Read a result to its end and count its rows."""

    @abstractmethod
    def insert(self, table: str, rows: int) -> None:
        """Insert rows of id, title and price in the usual way of the client."""

    @abstractmethod
    def cancel(self, statement: str) -> Outcome:
        """Start a statement and cancel it half a second later."""


class Python(Client):
    """clickhouse-connect."""

    def run(self, cases: Sequence[Case]) -> list[Outcome]:
        with self._client() as client:
            return [self._run(client, case) for case in cases]

    def read(self, statement: str) -> Outcome:
        try:
            with self._client() as client, client.query_row_block_stream(statement) as blocks:
                return Outcome(count=sum(len(block) for block in blocks))
        except ClickHouseError as error:
            return _failure(str(error))

    def insert(self, table: str, rows: int) -> None:
        with self._client() as client:
            data = [[number, f"it's \\ {number}", Decimal("1.10")] for number in range(rows)]
            client.insert(table, data, column_names=["id", "title", "price"])

    def cancel(self, statement: str) -> Outcome:
        # The client has no method for this, so another client kills the query by its id.
        with self._client() as client, self._client() as other:
            timer = threading.Timer(0.5, other.command, ["KILL QUERY WHERE query_id = 'left'"])
            timer.start()
            try:
                rows = client.query(statement, settings={"query_id": "left"}).result_rows
                return Outcome(count=len(rows))
            except ClickHouseError as error:
                return _failure(str(error))
            finally:
                timer.join()

    def _client(self) -> Any:
        return clickhouse_connect.get_client(
            host=self.address.host,
            port=self.address.port,
            database=self.address.database,
            username=self.address.user,
            password=self.address.password,
        )

    def _run(self, client: Any, case: Case) -> Outcome:
        try:
            if case.rows is None:
                client.command(case.statement)
                return Outcome()
            result = client.query(case.statement, parameters=dict(case.parameters))
            return Outcome(rows=[[_text(value) for value in row] for row in result.result_rows])
        except ClickHouseError as error:
            return _failure(str(error))


class Curl(Client):
    """curl."""

    def run(self, cases: Sequence[Case]) -> list[Outcome]:
        return [self._run(case) for case in cases]

    def read(self, statement: str) -> Outcome:
        output = self._curl(statement)
        return _failure(output) if "Code: " in output else Outcome(count=output.count("\n"))

    def insert(self, table: str, rows: int) -> None:
        lines = "".join(f'{number},"it\'s \\ {number}",1.10\n' for number in range(rows))
        assert self._curl(f"INSERT INTO {table} FORMAT CSV\n{lines}") == ""

    def cancel(self, statement: str) -> Outcome:
        return Outcome(message=self._curl(statement, "--max-time", "0.5"))

    def _run(self, case: Case) -> Outcome:
        parameters = {f"param_{name}": _escaped(value) for name, value in case.parameters.items()}
        options = [part for name, value in parameters.items() for part in ("--url-query", f"{name}={value}")]
        output = self._curl(case.statement, *options)
        if output.startswith("Code: "):
            return _failure(output)
        return Outcome(
            rows=[[_unescaped(value) for value in line.split("\t")] for line in output.splitlines()]
        )

    def _curl(self, statement: str, *options: str) -> str:
        address = self.address
        done = subprocess.run(
            [
                "curl", "--silent", "--noproxy", "*", "--user", f"{address.user}:{address.password}",
                "--data-binary", "@-", "--url-query", f"database={address.database}", *options,
                f"http://{address.host}:{address.port}/",
            ],
            input=statement.encode(),
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )  # fmt: skip
        return done.stdout.decode()


class Node(Client):
    """@clickhouse/client."""

    def run(self, cases: Sequence[Case]) -> list[Outcome]:
        given = [
            {
                "statement": case.statement,
                "parameters": dict(case.parameters),
                "returns_rows": case.rows is not None,
            }
            for case in cases
        ]
        file = self.folder / "cases.json"
        file.write_text(json.dumps(given))
        return [
            Outcome(rows=one.get("rows", []), error=one.get("error")) for one in self._do("cases", str(file))
        ]

    def read(self, statement: str) -> Outcome:
        result = self._do("read", statement)
        return Outcome(
            count=result.get("rows", 0), error=result.get("error"), message=result.get("message", "")
        )

    def insert(self, table: str, rows: int) -> None:
        assert self._do("insert", table, str(rows)) == {"rows": rows}

    def cancel(self, statement: str) -> Outcome:
        return Outcome(message=self._do("cancel", statement).get("message", ""))

    def _do(self, *arguments: str) -> Any:
        program = npm.installed(copies.CLIENTS / "clickhouse-node")
        return json.loads(_output(["node", "contract.mjs", *arguments], folder=program, address=self.address))


class Java(Client):
    """clickhouse-jdbc, which DBeaver and Metabase use."""

    def run(self, cases: Sequence[Case]) -> list[Outcome]:
        file = self.folder / "cases.tsv"
        file.write_text("\n".join(self._line(case) for case in cases))
        return [self._outcome(line) for line in self._do("cases", str(file)).splitlines()]

    def read(self, statement: str) -> Outcome:
        return self._outcome(self._do("read", statement))

    def insert(self, table: str, rows: int) -> None:
        assert self._do("insert", table, str(rows)) == f"count {rows}"

    def cancel(self, statement: str) -> Outcome:
        return self._outcome(self._do("cancel", statement))

    def describe(self, table: str) -> dict[str, list[str]]:
        """Return the driver's metadata by kind."""
        lines = self._do("describe", table).splitlines()
        return {line.partition(" ")[0]: line.partition(" ")[2].split(",") for line in lines}

    def _do(self, *arguments: str) -> str:
        program = maven.installed("clickhouse-jdbc")
        command = ["java", "-cp", "lib/*:.", "Contract", *arguments]
        return _output(command, folder=program, address=self.address).strip("\n")

    def _line(self, case: Case) -> str:
        # The driver's placeholders are question marks.
        given = [_literal(case.parameters[name]) for name, _ in _PARAMETER.findall(case.statement)]
        statement = _PARAMETER.sub(lambda found: f"CAST(?, '{found[2]}')", case.statement)
        return "\t".join(_encoded(text) for text in ("0" if case.rows is None else "1", statement, *given))

    def _outcome(self, line: str) -> Outcome:
        kind, _, rest = line.partition(" ")
        if kind == "error":
            code, _, message = rest.partition(" ")
            return Outcome(error=int(code), message=_decoded(message) or "")
        if kind == "count":
            return Outcome(count=int(rest))
        rows = [[_decoded(value) for value in row.split("\t")] for row in rest.split(";") if row]
        return Outcome(rows=rows)


CLIENTS: dict[str, type[Client]] = {"python": Python, "curl": Curl, "node": Node, "java": Java}


def _output(command: list[str], *, folder: Path, address: Address) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **address.environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def _failure(output: str) -> Outcome:
    code = re.search(r"Code: (\d+)", output)
    return Outcome(error=int(code[1]) if code else 0, message=output)


def _text(value: object) -> str | None:
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _literal(value: object) -> str:
    return "[" + ",".join(map(str, value)) + "]" if isinstance(value, list) else str(value)


def _escaped(value: object) -> str:
    return _literal(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def _unescaped(value: str) -> str | None:
    if value == "\\N":
        return None
    return re.sub(r"\\(.)", lambda found: {"t": "\t", "n": "\n"}.get(found[1], found[1]), value)


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _decoded(text: str) -> str | None:
    return None if text == "-" else base64.b64decode(text.removesuffix(".")).decode()
