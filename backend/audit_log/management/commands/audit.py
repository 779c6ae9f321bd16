"""`manage.py audit`: seals, verifies or exports the audit log."""

import json
from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from backend.api.commands import ShopCommand
from backend.audit.actors import Actor
from backend.audit.errors import InvalidHead
from backend.audit.faults import Fault, Verification
from backend.audit.sealing import last_block, seal
from backend.audit.selectors import EntryFilters, batches_matching
from backend.audit.verification import verify
from backend.audit_log.formats import FORMATS
from backend.audit_log.serializers import shown_entries
from backend.audit_log.services import begin_export


class Command(ShopCommand):
    """Seals, verifies or exports the audit log."""

    help = (
        "Seal the audit log in blocks, verify that no sealed entry was changed, or write the log to a file."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the subcommands."""
        commands = parser.add_subparsers(dest="command", required=True)
        commands.add_parser("seal", help="seal all committed entries, and print the head of the chain")
        verifying = commands.add_parser("verify", help="recompute all hashes; exit with 1 if one differs")
        kept = verifying.add_mutually_exclusive_group()
        kept.add_argument(
            "--expect",
            default="",
            metavar="HEAD",
            help="a head that was printed earlier: the chain must still contain it",
        )
        kept.add_argument(
            "--since",
            default="",
            metavar="HEAD",
            help="the same, and verify only what was sealed after it",
        )
        verifying.add_argument("--json", action="store_true", help="print the result as JSON")
        exporting = commands.add_parser("export", help="write all entries, newest first")
        exporting.add_argument("file", type=Path)
        exporting.add_argument("--format", choices=[known.name for known in FORMATS], default=FORMATS[0].name)
        exporting.add_argument("--action", help="an action, or a prefix that ends with a point")
        exporting.add_argument("--since", type=_time, help="the earliest time, in ISO 8601")
        exporting.add_argument("--until", type=_time, help="the time before which entries were added")

    def handle(self, *_: Any, **options: Any) -> None:
        """Run the subcommand.

        Raises:
            CommandError: the log was tampered with, or the expected head is malformed.
        """
        match options["command"]:
            case "seal":
                sealed, last = seal(now=timezone.now()), last_block()
                self.stdout.write(f"sealed {sealed} entries; head {last or 'none'}")
            case "export":
                _export(options)
            case _:
                self._verify(options)

    def _verify(self, options: Mapping[str, Any]) -> None:
        try:
            result = verify(expected_head=options["expect"], since=options["since"])
        except InvalidHead as error:
            raise CommandError(f"{error.__doc__} Not: {error}", returncode=2) from error
        self.stdout.write(_as_json(result) if options["json"] else _as_text(result))
        if not result.is_intact:
            raise CommandError(f"the audit log was tampered with: {_line_of(result.faults[0])}", returncode=1)


def _time(text: str) -> datetime:
    """Return the time, in the time zone of the settings if the text has none."""
    moment = datetime.fromisoformat(text)
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)


def _export(options: Mapping[str, Any]) -> None:
    filters = EntryFilters(**{name: options[name] for name in ("action", "since", "until")})
    chosen = next(known for known in FORMATS if known.name == options["format"])
    begin_export(filters, limit=None, by=Actor.system("audit_command"))
    with options["file"].open("wb") as file:
        file.writelines(chosen.write(shown_entries(batch) for batch in batches_matching(filters)))


def _as_json(result: Verification) -> str:
    return json.dumps({"intact": result.is_intact, **asdict(result)}, indent=2)


def _as_text(result: Verification) -> str:
    return "\n".join(
        [
            *(f"FAULT {_line_of(fault)}" for fault in result.faults),
            *(f"note: {note}" for note in result.notes),
            f"{result.entries} entries in {result.blocks} blocks, {result.unsealed} entries not sealed yet",
            f"head {result.head or 'none'}",
        ]
    )


def _line_of(fault: Fault) -> str:
    places = [("block", fault.block), ("entry", fault.entry)]
    where = ", ".join(f"{name} {number}" for name, number in places if number is not None)
    return f"{fault.kind}: {where} {fault.message}".replace(":  ", ": ")
