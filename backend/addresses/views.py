"""Endpoints of the caller's address book."""

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.authentication import account_of
from backend.addresses import selectors, services
from backend.addresses.errors import AddressBookFull, AddressNotFound
from backend.addresses.serializers import (
    DeletedAddressSerializer,
    SavedAddressInputSerializer,
    SavedAddressSerializer,
)
from backend.api.pagination import page_response, rows_of
from backend.api.parameters import PageParameters, parse, parse_body
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation, page_of
from backend.audit.actors import actor_of


class AddressListView(APIView):
    """The caller's address book."""

    @operation(
        "addresses_list", tag="accounts", query=PageParameters, response=page_of(SavedAddressSerializer)
    )
    def get(self, request: Request) -> Response:
        """List your addresses, oldest first."""
        rows = selectors.addresses_of(account_of(request).pk)
        parameters = parse(request, PageParameters)
        return page_response(request, rows, parameters=parameters, shown=rows_of(SavedAddressSerializer))

    @operation(
        "addresses_create",
        tag="accounts",
        request=SavedAddressInputSerializer,
        response=envelope_of(SavedAddressSerializer),
        status=201,
        errors=[AddressBookFull],
    )
    def post(self, request: Request) -> Response:
        """Add an address to your address book.

        An address that is set as a default replaces the earlier default.
        """
        values = parse_body(request, SavedAddressInputSerializer)
        address = services.create_address(account_of(request).pk, values=values, by=actor_of(request))
        return envelope(SavedAddressSerializer(address).data, message="Address saved.", status=201)


class AddressView(APIView):
    """An address of the caller."""

    @operation(
        "addresses_get",
        tag="accounts",
        response=envelope_of(SavedAddressSerializer),
        errors=[AddressNotFound],
    )
    def get(self, request: Request, address_id: int) -> Response:
        """Show one of your addresses."""
        address = selectors.address_for(address_id, user_id=account_of(request).pk)
        return envelope(SavedAddressSerializer(address).data)

    @operation(
        "addresses_update",
        tag="accounts",
        request=SavedAddressInputSerializer,
        response=envelope_of(SavedAddressSerializer),
        errors=[AddressNotFound],
    )
    def put(self, request: Request, address_id: int) -> Response:
        """Replace one of your addresses.

        Orders keep the address that they were placed with.
        """
        values = parse_body(request, SavedAddressInputSerializer)
        address = services.replace_address(
            address_id, user_id=account_of(request).pk, values=values, by=actor_of(request)
        )
        return envelope(SavedAddressSerializer(address).data, message="Address changed.")

    @operation(
        "addresses_delete",
        tag="accounts",
        response=envelope_of(DeletedAddressSerializer),
        errors=[AddressNotFound],
    )
    def delete(self, request: Request, address_id: int) -> Response:
        """Delete one of your addresses."""
        services.delete_address(address_id, user_id=account_of(request).pk, by=actor_of(request))
        return envelope(DeletedAddressSerializer({"id": address_id}).data, message="Address deleted.")
