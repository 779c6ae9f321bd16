"""What the stateful tests of the shop share: an example is a savepoint, which is rolled back at its end."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import transaction
from django.db.models import Model, QuerySet
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from backend.api.errors import DomainError
from tests.backend.shop import NOW

Row = TypeVar("Row", bound=Model)


class ShopMachine(RuleBasedStateMachine):
    """A shop with a clock, whose rows are discarded at the end of the example."""

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.savepoint()
        self.now = NOW

    def teardown(self) -> None:
        transaction.savepoint_rollback(self.savepoint)

    def later(self, time: timedelta = timedelta(minutes=1)) -> datetime:
        self.now += time
        return self.now


def allowed(action: Callable[[], object]) -> None:
    """Perform the action, unless the shop refuses it; the invariants are checked in both cases."""
    try:
        with transaction.atomic():
            action()
    except DomainError:
        return


def pick(rows: QuerySet[Row], which: int) -> Row:
    found = list(rows)
    return found[which % len(found)]


def run(machine: type[ShopMachine], *, examples: int, steps: int) -> None:
    """Run the machine in `examples` generated examples of `steps` steps, in a test that uses the database."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            phases=[Phase.explicit, Phase.generate],
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
