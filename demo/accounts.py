"""Create the accounts of the generated shop, three of which can log in."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from numpy.random import Generator

from backend.accounts.models import User, UserType
from backend.accounts.services import DEMO_PASSWORD
from demo.shoppers import DemoCustomer, Population

SOURCE = "demo"
STAFF_PHONE = "+15550100001"
SELLER_PHONE = "+15550100002"
CUSTOMER_PHONE = "+15550100003"
DEMO_PHONES = (STAFF_PHONE, SELLER_PHONE, CUSTOMER_PHONE)
MAX_ACCOUNT_AGE_DAYS = 700


def create_staff() -> User:
    """Create the staff account."""
    return User.objects.create_superuser(STAFF_PHONE, DEMO_PASSWORD, first_name="Demo", last_name="Staff")


def create_sellers(names: Sequence[str]) -> dict[str, int]:
    """Create the sellers and return their ids by name; the first can log in."""
    first, *others = names
    demo = User.objects.create_user(SELLER_PHONE, DEMO_PASSWORD, first_name=first, user_type=UserType.SELLER)
    rows = User.objects.bulk_create(
        User(
            source=SOURCE,
            source_reference=f"seller {name}",
            first_name=name,
            user_type=UserType.SELLER,
            password=make_password(None),
        )
        for name in others
    )
    return {first: demo.pk, **{row.first_name: row.pk for row in rows}}


def create_customers(population: Population, *, begins_at: datetime, rng: Generator) -> list[int]:
    """Create the customers and return their ids in order; the first can log in."""
    first, *others = population.customers
    demo = User.objects.create_user(
        CUSTOMER_PHONE,
        DEMO_PASSWORD,
        first_name=first.given,
        last_name=first.family,
        shopper_key=population.keys[0],
    )
    ages = rng.uniform(0, MAX_ACCOUNT_AGE_DAYS, len(others))
    rows = User.objects.bulk_create(
        _customer(
            customer,
            number=number,
            population=population,
            joined_at=begins_at - timedelta(days=float(ages[number - 1])),
        )
        for number, customer in enumerate(others, start=1)
    )
    return [demo.pk, *(row.pk for row in rows)]


def _customer(customer: DemoCustomer, *, number: int, population: Population, joined_at: datetime) -> User:
    return User(
        phone=customer.phone,
        first_name=customer.given,
        last_name=customer.family,
        source=SOURCE,
        source_reference=f"customer {number}",
        shopper_key=population.keys[number],
        date_joined=joined_at,
        password=make_password(None),
    )
