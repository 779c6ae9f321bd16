"""Serializers of passkeys. The names of WebAuthn are those of its JSON, which browsers read and write."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.accounts.second_factor.models import Passkey
from backend.api.parameters import Body
from backend.api.text import Text


def _base64url(*names: str) -> dict[str, Any]:
    text = {"type": "string", "format": "byte", "example": "pXcZ0s…"}
    return dict.fromkeys(names, text)


def _credential(*parts: str) -> dict[str, Any]:
    """Return the schema of what a browser returns, whose response has these parts."""
    response = {"type": "object", "properties": _base64url(*parts), "required": list(parts)}
    properties = {
        **_base64url("id", "rawId"),
        "type": {"type": "string", "enum": ["public-key"]},
        "response": response,
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


@extend_schema_field(
    {**_credential("clientDataJSON", "authenticatorData", "signature"), "x-alternative-to": "code"}
)
class AssertionField(serializers.DictField):
    """What the browser returned for a login, as `PublicKeyCredential.toJSON()` writes it."""


class PasskeyNameSerializer(Body):
    """The name by which the owner recognises a passkey."""

    EXAMPLE = {"name": "Laptop"}

    name = Text(max_length=100)


@extend_schema_field(_credential("clientDataJSON", "attestationObject"))
class AttestationField(serializers.DictField):
    """What the browser returned for a new passkey, as `PublicKeyCredential.toJSON()` writes it."""


class NewPasskeySerializer(PasskeyNameSerializer):
    """A passkey that the browser created for the options."""

    credential = AttestationField(write_only=True, help_text="What the browser returned for the options.")


class PasskeySerializer(serializers.Serializer[Passkey]):
    """A passkey of the caller."""

    EXAMPLE = {"id": 7, "name": "Laptop", "backed_up": True, "last_used_at": "2026-03-02T18:30:00Z"}

    id = serializers.IntegerField()
    name = serializers.CharField()
    backed_up = serializers.BooleanField(help_text="Whether it is synchronised to other devices.")
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)


class AddedPasskeySerializer(serializers.Serializer[Any]):
    """A new passkey; recovery codes if there were none, which are not shown again."""

    EXAMPLE = {"recovery_codes": ["7K2M-9QXD-04TB-HW5E", "Z3VC-1RNG-8YJA-6PFS"]}

    passkey = PasskeySerializer()
    recovery_codes = serializers.ListField(child=serializers.CharField())


class DeletedPasskeySerializer(serializers.Serializer[Any]):
    """A passkey that was deleted."""

    EXAMPLE = {"id": 7}

    id = serializers.IntegerField()


class CredentialDescriptorSerializer(serializers.Serializer[Any]):
    """The id of a passkey that is registered."""

    EXAMPLE = {"id": "pXcZ0s…", "type": "public-key", "transports": ["internal"]}

    id = serializers.CharField()
    type = serializers.CharField()
    transports = serializers.ListField(child=serializers.CharField(), required=False)


class RelyingPartySerializer(serializers.Serializer[Any]):
    """The shop, and the domain to which the passkey is bound."""

    EXAMPLE = {"id": "shop.example", "name": "Shop"}

    id = serializers.CharField()
    name = serializers.CharField()


class PasskeyOwnerSerializer(serializers.Serializer[Any]):
    """The account, as authenticators show it."""

    EXAMPLE = {"id": "pXcZ0s…", "name": "+15550100003", "displayName": "John Doe"}

    id = serializers.CharField()
    name = serializers.CharField()
    displayName = serializers.CharField()  # noqa: N815 - WebAuthn's name


class KeyParameterSerializer(serializers.Serializer[Any]):
    """A COSE algorithm that the server can verify."""

    EXAMPLE = {"type": "public-key", "alg": -7}

    type = serializers.CharField()
    alg = serializers.IntegerField()


class AuthenticatorSelectionSerializer(serializers.Serializer[Any]):
    """What the authenticator must be able to do."""

    EXAMPLE = {"residentKey": "preferred", "requireResidentKey": False, "userVerification": "required"}

    residentKey = serializers.CharField()  # noqa: N815
    requireResidentKey = serializers.BooleanField()  # noqa: N815
    userVerification = serializers.CharField()  # noqa: N815


class PasskeyCreationOptionsSerializer(serializers.Serializer[Any]):
    """Options for `navigator.credentials.create()`, which `parseCreationOptionsFromJSON()` reads."""

    EXAMPLE = {"challenge": "eJV2L6…", "timeout": 300_000, "attestation": "none"}

    rp = RelyingPartySerializer()
    user = PasskeyOwnerSerializer()
    challenge = serializers.CharField()
    pubKeyCredParams = KeyParameterSerializer(many=True)  # noqa: N815
    timeout = serializers.IntegerField()
    excludeCredentials = CredentialDescriptorSerializer(many=True)  # noqa: N815
    authenticatorSelection = AuthenticatorSelectionSerializer()  # noqa: N815
    attestation = serializers.CharField()


class PasskeyRequestOptionsSerializer(serializers.Serializer[Any]):
    """Options for `navigator.credentials.get()`, which `parseRequestOptionsFromJSON()` reads."""

    EXAMPLE = {
        "challenge": "fmlK7J…",
        "timeout": 300_000,
        "rpId": "shop.example",
        "userVerification": "required",
    }

    challenge = serializers.CharField()
    timeout = serializers.IntegerField()
    rpId = serializers.CharField()  # noqa: N815
    allowCredentials = CredentialDescriptorSerializer(many=True)  # noqa: N815
    userVerification = serializers.CharField()  # noqa: N815
