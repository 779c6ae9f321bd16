"""Processes that are killed while they erase, and requests that compete with an erasure."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import Error, connection, transaction
from django.utils import timezone

from backend.accounts.errors import InvalidCredentials
from backend.accounts.models import Session, User
from backend.accounts.services import log_in
from backend.accounts.shopper_keys import ShopperKeys
from backend.addresses.models import Address
from backend.orders.models import Order
from backend.outbox.models import Message
from backend.outbox.relay import drain
from backend.outbox.services import publish
from backend.outbox.subscribers import Notice, Start
from backend.outbox.topics import Topic
from backend.privacy import handlers
from backend.privacy.errors import WriterBehind
from backend.privacy.models import Erasure
from backend.privacy.services import erase_customer
from backend.privacy.subscribers import StoreErasure
from tests.backend.orders.steps import check_out, fill
from tests.backend.privacy.customers import PASSWORD, PHONE
from tests.backend.shop import SYSTEM, customer, variant
from tests.backend.together import Killed, killed_at, together

pytestmark = pytest.mark.django_db(transaction=True)


class FlakyStore:
    """A store that is away for the first calls."""

    def __init__(self, name: str, *, failures: int = 0) -> None:
        self.name = name
        self.failures = failures
        self.erased: list[ShopperKeys] = []

    def erase(self, keys: ShopperKeys, *, now: Any) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError(f"{self.name} is away")
        self.erased.append(keys)


@pytest.fixture
def flaky_stores() -> Any:
    """Two stores, of which one is away at first, instead of the real ones."""
    real = handlers.handlers(), handlers.stores()
    found = [FlakyStore("here"), FlakyStore("away", failures=2)]
    handlers.register(real[0], stores=found)
    yield found
    handlers.register(real[0], stores=real[1])


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def registered() -> User:
    user = User.objects.create_user(PHONE, PASSWORD, first_name="Zebedee")
    Address.objects.create(user=user, street="77 Wisteria Mews", country="US")
    log_in(phone=PHONE, password=PASSWORD, now=timezone.now())
    fill(user, {variant().pk: 1})
    return user


def erase(user: User) -> Erasure:
    return erase_customer(user.pk, by=SYSTEM, now=timezone.now())


def test_a_process_that_is_killed_before_any_statement_leaves_everything_or_nothing() -> None:
    user, statement = registered(), 0
    while User.objects.filter(pk=user.pk).exists():
        # Every third one, which are others for each table.
        statement += 3
        with suppress(Killed, Error), connection.execute_wrapper(killed_at(statement)):
            erase(user)
        connection.close()
        kept = User.objects.filter(pk=user.pk).exists()
        found = [Address.objects.exists(), Session.objects.exists(), not Erasure.objects.exists()]
        assert found == [kept] * 3, f"killed before statement {statement}"
        assert Message.objects.filter(topic="shopper_erased").exists() is not kept

    assert statement > 40


def test_a_store_that_is_away_delays_only_itself_and_is_tried_again(flaky_stores: list[FlakyStore]) -> None:
    user = registered()
    erasure = erase(user)
    assert (erasure.shopper_key, erasure.completed_at) == (user.shopper_key, None)

    for attempt in range(3):
        for store in flaky_stores:
            with suppress(ConnectionError):
                drain([StoreErasure(store, clock=timezone.now)], timeout=10)
        erasure = Erasure.objects.get()
        done = {step.store: step.done_at is not None for step in erasure.steps.all()}
        assert done == {"here": True, "away": attempt == 2}

    assert [store.erased for store in flaky_stores] == [[ShopperKeys(user.shopper_key)]] * 2
    # The keys are deleted as soon as no store needs them.
    assert (erasure.shopper_key, erasure.anonymous_ids) == (None, [])
    assert erasure.completed_at is not None


@dataclass(frozen=True)
class Writer:
    """A subscriber that writes to a store what it reads in the database."""

    name: str = "writer"
    topics: frozenset[Topic] = frozenset({Topic.ORDER})
    start: Start = Start.OLDEST
    quiet_seconds: float = 0
    batch_size: int = 100

    def handle(self, notices: Sequence[Notice]) -> None:
        """Write nothing."""


def published(topic: Topic) -> None:
    with transaction.atomic():
        publish(topic, 1)


def test_a_store_is_erased_after_its_writers_have_stored_what_they_read_before(
    flaky_stores: list[FlakyStore],
) -> None:
    writer, store = Writer(), flaky_stores[0]
    erasing = StoreErasure(store, clock=timezone.now, writers=[writer])
    published(Topic.ORDER)
    drain([writer], timeout=10)
    published(Topic.ORDER)
    erase(registered())
    published(Topic.ORDER)

    with pytest.raises(WriterBehind, match="writer"):
        drain([erasing], timeout=10)
    assert store.erased == []
    drain([writer], timeout=10)
    # It does not have to handle what is published after the erasure.
    published(Topic.ORDER)
    drain([erasing], timeout=10)
    assert len(store.erased) == 1


def test_an_order_or_a_login_during_an_erasure_leaves_nothing_or_prevents_it() -> None:
    for _ in range(4):
        user = customer(password=PASSWORD)
        fill(user, {variant().pk: 1})
        phone = user.phone or ""

        together(
            partial(erase, user),
            partial(check_out, user),
            partial(log_in, phone=phone, password=PASSWORD, now=timezone.now()),
        )

        if User.objects.filter(pk=user.pk).exists():
            assert Order.objects.filter(user=user).exists()
        else:
            assert not Order.objects.filter(customer_phone=phone).exists()
            with pytest.raises(InvalidCredentials):
                log_in(phone=phone, password=PASSWORD, now=timezone.now())
            assert not Session.objects.exclude(user__in=User.objects.all()).exists()


def test_the_command_erases_by_phone_or_id_and_says_why_not(capsys: Any) -> None:
    by_phone, by_id = customer(), customer()
    buyer = customer()
    fill(buyer, {variant().pk: 1})
    check_out(buyer)

    call_command("erase_customer", phone=by_phone.phone)
    call_command("erase_customer", id=by_id.pk)

    assert not User.objects.filter(pk__in=[by_phone.pk, by_id.pk]).exists()
    assert {str(pk) for pk in Erasure.objects.values_list("pk", flat=True)} == {
        line.rpartition(" ")[2] for line in capsys.readouterr().out.splitlines() if line.startswith("erased")
    }
    reason = "orders_in_progress.*; orders: .*Cancel the orders"
    for options, expected in (({"id": buyer.pk}, reason), ({"id": 0}, "no such account")):
        with pytest.raises(CommandError, match=expected):
            call_command("erase_customer", **options)
