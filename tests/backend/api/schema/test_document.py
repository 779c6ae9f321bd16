"""The OpenAPI document describes each operation completely."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from jsonschema import Draft202012Validator, FormatChecker
from rest_framework.test import APIClient

from backend.config.description import TAGS
from tests.backend.api.schema.document import Operation, codes, described, document, operations, resolved

OPEN_TO_GUESTS = {
    "accounts_forgot_password",
    "accounts_login",
    "accounts_login_passkey_options",
    "accounts_login_second_factor",
    "accounts_register",
    "accounts_reset_password",
    "accounts_token_refresh",
    "accounts_verify_otp",
    "buy_again_recommendations_get",
    "erasure_receipts_get",
    "cart_codes_create",
    "cart_codes_delete",
    "cart_get",
    "cart_items_create",
    "cart_items_delete",
    "cart_items_update",
    "cart_recommendations_get",
    "categories_by_slug_get",
    "categories_get",
    "categories_list",
    "events_create",
    "live_events_get",
    "liveness_get",
    "guest_orders_get",
    "orders_lookup",
    "payment_webhooks_create",
    "payments_get",
    "product_images_list",
    "product_json_ld_get",
    "product_reviews_list",
    "product_recommendations_get",
    "product_variants_get",
    "product_variants_list",
    "products_by_slug_get",
    "products_get",
    "products_list",
    "readiness_get",
    "reviews_get",
    "recent_recommendations_get",
    "shared_wishes_list",
    "search_recent_delete",
    "search_recent_list",
    "search_recommendations_get",
    "search_facet_values_list",
    "search_results_list",
    "search_suggestions_list",
    "sellers_get",
    "together_recommendations_get",
    "trending_recommendations_get",
    "unsubscribe_page_get",
    "unsubscriptions_create",
    "user_recommendations_get",
}
# Operations that ignore a token.
WITHOUT_TOKEN = {
    "accounts_forgot_password",
    "accounts_login",
    "accounts_login_passkey_options",
    "accounts_login_second_factor",
    "accounts_register",
    "accounts_reset_password",
    "accounts_token_refresh",
    "accounts_verify_otp",
    "guest_orders_get",
    "erasure_receipts_get",
    "liveness_get",
    "orders_lookup",
    "payment_webhooks_create",
    "readiness_get",
    "unsubscribe_page_get",
    "unsubscriptions_create",
}
# Operations of accounts that never refuse a session for having been begun without a second factor.
OPEN_WITHOUT_SECOND_FACTOR = {
    "accounts_change_password",
    "accounts_email_create",
    "accounts_email_verify",
    "accounts_logout",
    "accounts_profile_get",
    "accounts_profile_update",
    "other_sessions_delete",
    "passkeys_create",
    "passkeys_delete",
    "passkeys_list",
    "passkeys_update",
    "recovery_codes_create",
    "second_factor_get",
    "second_factor_totp_confirm",
    "second_factor_totp_disable",
    "sessions_delete",
    "sessions_list",
}
OPEN_TO_THE_FIRST_FACTOR = {"passkeys_create", "second_factor_totp_confirm"}
"""They ask for the second factor of an account that has one."""


def test_the_command_writes_a_valid_document(tmp_path: Path) -> None:
    path = tmp_path / "openapi.yaml"
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(path))
    assert yaml.safe_load(path.read_text()) == document()


def test_every_operation_has_a_summary_and_a_described_tag() -> None:
    used = []
    for operation in operations():
        summary = operation.content["summary"]
        assert re.fullmatch(r"[A-Z][^.]{5,79}", summary), (operation.id, summary)
        assert not operation.content.get("description", "").startswith(summary)
        [tag] = operation.content["tags"]
        used.append(tag)
    assert set(used) == {tag["name"] for tag in TAGS}
    assert document()["tags"] == TAGS
    assert all(tag["description"].endswith(".") for tag in TAGS)


def test_every_body_has_an_example_that_its_schema_allows() -> None:
    components = document()["components"]
    for operation in operations():
        for media in operation.bodies:
            schema = {**media["schema"], "components": components}
            errors = list(
                Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(media["example"])
            )
            assert not errors, (operation.id, [(error.json_path, error.message) for error in errors])


def test_every_example_has_every_field_that_a_response_has() -> None:
    for operation in operations():
        for status in ("200", "201", "202"):
            if status in operation.responses:
                media = operation.responses[status]["content"].get("application/json")
                if media is None:
                    continue
                schema = resolved(media["schema"])
                shape = resolved(schema["oneOf"][0]) if "oneOf" in schema else schema
                assert set(media["example"]) == set(shape["properties"]), operation.id


def test_every_parameter_has_a_description() -> None:
    for operation in operations():
        for parameter in operation.content.get("parameters", []):
            assert parameter.get("description"), (operation.id, parameter["name"])


def test_every_schema_has_a_type() -> None:
    for path, schema in schemas(document()["components"]["schemas"], "schemas"):
        assert schema, path
        if schema.get("type") == "object":
            assert {"properties", "additionalProperties", "patternProperties"} & set(schema), path
            assert schema.get("additionalProperties") not in ({}, True), path
        if schema.get("type") == "array":
            assert schema["items"], path
        assert {"type", "$ref", "allOf", "oneOf", "anyOf", "enum"} & set(schema), path


def schemas(node: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield all schemas in a map of schemas, with their paths."""
    for name, schema in node.items():
        inner_path = f"{path}.{name}"
        yield inner_path, schema
        yield from schemas(schema.get("properties", {}), inner_path)
        inner = [
            schema[key] for key in ("items", "additionalProperties") if isinstance(schema.get(key), dict)
        ]
        inner += [part for key in ("allOf", "oneOf", "anyOf") for part in schema.get(key, [])]
        yield from schemas({str(index): part for index, part in enumerate(inner)}, inner_path)


def test_categories_of_a_facet_have_categories_of_the_same_schema() -> None:
    category = document()["components"]["schemas"]["CategoryBucket"]
    assert category["properties"]["children"]["items"] == {"$ref": "#/components/schemas/CategoryBucket"}


@pytest.mark.parametrize("schema", ["Product", "Variant", "CartVariant", "Snapshot"])
def test_attributes_are_strings_by_name(schema: str) -> None:
    attributes = document()["components"]["schemas"][schema]["properties"]["attributes"]
    assert attributes["additionalProperties"] == {"type": "string"}


def reads(operation: Operation, header: str) -> bool:
    return any(parameter.get("name") == header for parameter in operation.content.get("parameters", []))


def test_operations_for_guests_need_no_token() -> None:
    for operation in operations():
        security = operation.content["security"]
        if operation.id in WITHOUT_TOKEN:
            assert security == [], operation.id
        else:
            is_open = operation.id in OPEN_TO_GUESTS or reads(operation, "X-Cart-Token")
            guests: list[dict[str, list[str]]] = [{}] if is_open else []
            assert security == [{"accessToken": []}, *guests], operation.id


def test_an_operation_that_reads_a_token_returns_401() -> None:
    for operation in operations():
        if operation.id not in WITHOUT_TOKEN:
            expected = {"authentication_failed"}
            # Guests can't list the products that shoppers don't see, nor watch anything but products.
            is_open = operation.id in OPEN_TO_GUESTS - {"products_list", "live_events_get"}
            expected |= set() if is_open else {"not_authenticated"}
            assert codes(operation.id, 401) == expected
            assert "WWW-Authenticate" in operation.responses["401"]["headers"]


def test_an_operation_with_a_token_may_require_the_second_factor() -> None:
    without = {
        operation.id
        for operation in operations()
        if "403" not in operation.responses or "second_factor_required" not in codes(operation.id, 403)
    }
    assert without - WITHOUT_TOKEN == OPEN_WITHOUT_SECOND_FACTOR - OPEN_TO_THE_FIRST_FACTOR


def test_an_operation_with_a_path_parameter_or_pages_returns_404() -> None:
    for operation in operations():
        if "{" in operation.path:
            assert "not_found" in codes(operation.id, 404), operation.id
        if any(parameter["name"] == "page" for parameter in operation.content.get("parameters", [])):
            assert "page_not_found" in codes(operation.id, 404), operation.id


def test_an_operation_with_input_returns_400_and_with_a_body_413_and_415() -> None:
    for operation in operations():
        inputs = [p for p in operation.content.get("parameters", []) if p["in"] != "path"]
        if inputs or "requestBody" in operation.content:
            assert "invalid_input" in codes(operation.id, 400), operation.id
        if "requestBody" in operation.content:
            assert {"408", "413", "415"} <= set(operation.responses), operation.id
            assert "parse_error" in codes(operation.id, 400), operation.id


def test_a_response_of_429_or_503_has_the_header_retry_after() -> None:
    for operation in operations():
        unthrottled = operation.id in ("liveness_get", "readiness_get")
        for status in ("503",) if unthrottled else ("429", "503"):
            retry_after = resolved(operation.responses[status]["headers"]["Retry-After"])
            assert retry_after["schema"]["type"] == "integer", operation.id


def test_every_response_has_the_request_id_header() -> None:
    for operation in operations():
        for status, response in operation.responses.items():
            assert "X-Request-Id" in response["headers"], (operation.id, status)


@pytest.mark.parametrize(
    ("operation_id", "status", "expected"),
    [
        (
            "orders_create",
            409,
            {
                "items_unavailable",
                "insufficient_stock",
                "order_too_large",
                "currency_changed",
                "price_changed",
                "promotion_used_up",
                "unit_limit_exceeded",
                "destination_not_served",
                "shipping_method_unavailable",
                "idempotency_key_reused",
            },
        ),
        (
            "orders_cancel",
            409,
            {"order_transition_not_allowed", "order_units_not_left", "reservation_closed"},
        ),
        ("accounts_register", 409, {"phone_taken"}),
        ("cart_items_create", 404, {"product_not_found", "variant_not_found"}),
        ("products_update", 403, {"not_your_product", "second_factor_required"}),
        (
            "search_results_list",
            503,
            {
                "search_unavailable",
                "engine_busy",
                "database_unavailable",
                "server_busy",
                "answer_too_late",
            },
        ),
        ("liveness_get", 503, {"server_busy", "answer_too_late"}),
        ("events_create", 408, {"body_too_slow"}),
    ],
)
def test_a_response_lists_its_possible_codes(operation_id: str, status: int, expected: set[str]) -> None:
    assert codes(operation_id, status) == expected


def test_checkout_describes_its_idempotency_key_and_the_replayed_response() -> None:
    checkout = described("orders_create")
    [parameter] = [one for one in checkout.content["parameters"] if one["name"] == "Idempotency-Key"]
    assert parameter["in"] == "header"
    assert "required" not in parameter
    assert "Idempotent-Replayed" in checkout.responses["201"]["headers"]


def test_a_deletion_is_described_with_its_actual_response() -> None:
    for operation_id in ("products_delete", "cart_items_delete"):
        success = [status for status in described(operation_id).responses if status.startswith("2")]
        assert success == ["200"]


def test_operations_that_are_attributed_to_guests_accept_the_anonymous_id() -> None:
    accepting = {
        operation.id
        for operation in operations()
        for parameter in operation.content.get("parameters", [])
        if parameter["name"] == "X-Anonymous-Id"
    }
    assert accepting == {
        "accounts_login",
        "buy_again_recommendations_get",
        "cart_recommendations_get",
        "events_create",
        "product_recommendations_get",
        "products_list",
        "recent_recommendations_get",
        "search_recent_delete",
        "search_recent_list",
        "search_recommendations_get",
        "search_results_list",
        "search_suggestions_list",
        "together_recommendations_get",
        "trending_recommendations_get",
        "user_recommendations_get",
    }


@pytest.mark.django_db
def test_guests_get_the_document_that_the_tests_check() -> None:
    assert APIClient().get("/api/schema/?format=json").json() == document()


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["/api/schema/swagger-ui/", "/api/schema/redoc/"])
def test_the_documentation_is_open_to_guests(page: str) -> None:
    assert APIClient().get(page).status_code == 200
