"""Finds the actions of the audit log, with their fields, in the calls that record entries."""

import ast
import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from backend.audit_log.errors import UnresolvedAction

SOURCES = Path(__file__).resolve().parents[1]
RECORDING = frozenset({"record", "entry_of"})
RECORDER = "backend.audit.services"


@dataclass(frozen=True, slots=True, order=True)
class RecordedAction:
    """A call that records an action. A field `…` stands for names that depend on the change."""

    action: str
    summary: str
    changes: tuple[str, ...]
    personal: tuple[str, ...]

    def markdown(self) -> str:
        """Return the row in Markdown."""
        lists = (", ".join(f"`{name}`" for name in names) for names in (self.changes, self.personal))
        return f"| `{self.action}` | {self.summary} | {' | '.join(lists)} |\n"


def recorded_actions() -> Iterator[RecordedAction]:
    """Yield the action of every call; a call whose action is a parameter has those of all its callers.

    Raises:
        UnresolvedAction: the source does not show the action of a call.
    """
    for path in sorted(SOURCES.rglob("*.py")):
        if "migrations" not in path.parts and "backend.audit" in (text := path.read_text()):
            name = ".".join(path.relative_to(SOURCES.parent).with_suffix("").parts)
            yield from ModuleActions(name, ast.parse(text)).actions()


class ModuleActions:
    """The calls in the source of one module that record entries."""

    def __init__(self, name: str, tree: ast.Module) -> None:
        """Find the functions, and the names under which `record` and `entry_of` are imported."""
        self._name = name
        self._functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        self._recorders = set(_imported_recorders(tree))

    def actions(self) -> Iterator[RecordedAction]:
        """Yield the recorded actions."""
        for function in self._functions:
            for call in self._calls_in(function):
                keywords = {keyword.arg: keyword.value for keyword in call.keywords}
                for action, caller in self._texts(call.args[0], function):
                    yield RecordedAction(
                        action=action,
                        summary=self._summary(caller),
                        changes=self._fields(keywords.get("changes"), function),
                        personal=self._fields(keywords.get("personal"), function),
                    )

    def _calls_in(self, function: ast.FunctionDef) -> Iterator[ast.Call]:
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in self._recorders:
                yield node

    def _texts(self, value: ast.expr, function: ast.FunctionDef) -> Iterator[tuple[str, ast.FunctionDef]]:
        """Yield the texts that an expression may have, each with the function that chooses it."""
        match value:
            case ast.Constant(value=str(text)):
                yield text, function
            case ast.IfExp():
                yield from self._texts(value.body, function)
                yield from self._texts(value.orelse, function)
            case ast.Name(id=name) if name in {one.arg for one in _parameters(function)}:
                for caller, given in self._given(function, name):
                    yield from self._texts(given, caller)
            case ast.Name(id=name) if assigned := _assigned(function, name):
                for one in assigned:
                    yield from self._texts(one, function)
            case ast.Name(id=name):
                yield str(getattr(importlib.import_module(self._name), name)), function
            case _:
                raise UnresolvedAction(f"{self._name}:{value.lineno}: {ast.unparse(value)}")

    def _given(self, function: ast.FunctionDef, name: str) -> Iterator[tuple[ast.FunctionDef, ast.expr]]:
        """Yield what each caller in the module passes for a parameter."""
        names = [one.arg for one in function.args.args]
        for caller, call in self._calls_of(function):
            keywords = {keyword.arg: keyword.value for keyword in call.keywords}
            if name in keywords:
                yield caller, keywords[name]
            elif name in names and names.index(name) < len(call.args):
                yield caller, call.args[names.index(name)]

    def _calls_of(self, function: ast.FunctionDef) -> Iterator[tuple[ast.FunctionDef, ast.Call]]:
        """Yield the calls of the function in the module, each with the function that contains it."""
        for caller in self._functions:
            for node in ast.walk(caller):
                if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == function.name:
                    yield caller, node

    def _summary(self, function: ast.FunctionDef) -> str:
        """Return the first clause of the docstring of the function, or else of one of its callers."""
        if (text := ast.get_docstring(function)) is not None:
            return text.partition("\n\n")[0].replace("\n", " ").partition("; ")[0].rstrip(".")
        callers = (caller for caller, _ in self._calls_of(function) if caller is not function)
        return next(filter(None, map(self._summary, callers)), "")

    def _fields(self, value: ast.expr | None, function: ast.FunctionDef) -> tuple[str, ...]:
        """Return the names of the fields in an expression for changes."""
        match value:
            case None | ast.Constant(value=None):
                return ()
            case ast.Dict(keys=[*keys]) if keys:
                return tuple(map(_field, keys))
            case ast.Name(id=name) if assigned := _assigned(function, name):
                return tuple(
                    dict.fromkeys(field for one in assigned for field in self._fields(one, function))
                )
            case ast.DictComp(generators=[ast.comprehension(iter=names)]):
                return self._names(names)
            case _:
                return ("…",)

    def _names(self, value: ast.expr) -> tuple[str, ...]:
        """Return the texts of a tuple, or of a constant of the module."""
        match value:
            case ast.Tuple(elts=names):
                return tuple(ast.literal_eval(one) for one in names)
            case ast.Name(id=name) if name.isupper():
                return tuple(getattr(importlib.import_module(self._name), name))
            case _:
                return ("…",)


def _imported_recorders(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == RECORDER:
            yield from (name.asname or name.name for name in node.names if name.name in RECORDING)
        if isinstance(node, ast.ImportFrom) and node.module == "backend.audit":
            for name in node.names:
                if name.name == "services":
                    yield from (f"{name.asname or name.name}.{one}" for one in RECORDING)


def _parameters(function: ast.FunctionDef) -> list[ast.arg]:
    return [*function.args.args, *function.args.kwonlyargs]


def _assigned(function: ast.FunctionDef, name: str) -> list[ast.expr]:
    """Return what is assigned to a local name."""
    found: list[ast.expr] = []
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=target)]) if target == name:
                found.append(node.value)
            case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if target == name:
                found.append(value)
    return found


def _field(key: ast.expr | None) -> str:
    return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else "…"
