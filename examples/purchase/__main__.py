"""Buys from two sellers, from the search to the refund, and checks the reports after each step.

    python -m examples.purchase http://127.0.0.1:8000

README.md beside this file describes the steps.
"""

import argparse

from examples.purchase.scene import prepared
from examples.purchase.walk import Walk


def main() -> None:
    """Parse the arguments, and make the purchase."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.purchase", description="Buy, return and refund."
    )
    parser.add_argument("address", help="the address of a running shop")
    parser.add_argument("--staff-phone", default="+15550100001", help="by default that of the demo shop")
    parser.add_argument("--staff-password", default="vitrine-demo")
    parser.add_argument(
        "--staff-code", default="", help="a code of the staff account's second factor, if it has one"
    )
    parser.add_argument("--gateway", choices=("test", "stripe"), default="test")
    parser.add_argument("--stripe-url", default="https://api.stripe.com")
    given = parser.parse_args()
    staff = {"staff_phone": given.staff_phone, "staff_password": given.staff_password}
    with prepared(given.address.rstrip("/"), **staff, staff_code=given.staff_code) as scene:
        Walk(scene, gateway=given.gateway, stripe_url=given.stripe_url).run()


if __name__ == "__main__":
    main()
