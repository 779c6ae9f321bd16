"""`manage.py audit`: seals the audit log, or verifies it."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from backend.audit.errors import InvalidHead
from backend.audit.faults import Fault, Verification
from backend.audit.sealing import last_block, seal
from backend.audit.verification import verify


class Command(BaseCommand):
    """Seals or verifies the audit log."""

    help = "Seal the entries of the audit log in blocks, or verify that no sealed entry was changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the two subcommands."""
        commands = parser.add_subparsers(dest="command", required=True)
        commands.add_parser("seal", help="seal all committed entries, and print the head of the chain")
        verifying = commands.add_parser("verify", help="recompute all hashes; exit with 1 if one differs")
        verifying.add_argument(
            "--expect",
            default="",
            metavar="HEAD",
            help="a head that was printed earlier: the chain must still contain it",
        )
        verifying.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *_: Any, **options: Any) -> None:
        """Run the subcommand.

        Raises:
            CommandError: the log was tampered with, or the expected head is malformed.
        """
        if options["command"] == "seal":
            sealed, last = seal(now=timezone.now()), last_block()
            self.stdout.write(f"sealed {sealed} entries; head {last or 'none'}")
            return
        try:
            result = verify(expected_head=options["expect"])
        except InvalidHead as error:
            raise CommandError(f"{error.__doc__} Not: {error}", returncode=2) from error
        self.stdout.write(_as_json(result) if options["json"] else _as_text(result))
        if not result.is_intact:
            raise CommandError(f"the audit log was tampered with: {_line_of(result.faults[0])}", returncode=1)


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
