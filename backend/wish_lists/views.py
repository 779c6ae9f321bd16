"""Wish list endpoints."""

from django.utils import timezone
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.authentication import account_of
from backend.api.pagination import page_response, rows_of
from backend.api.parameters import PageParameters, parse, parse_body
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation, page_of
from backend.api.shoppers import shopper_of
from backend.api.throttles import BrowseThrottle
from backend.audit.actors import actor_of
from backend.carts.errors import CartFull, CurrencyMismatch, UnitLimitExceeded
from backend.catalog.errors import ProductNotFound, VariantNotFound, VariantRequired
from backend.inventory.errors import InsufficientStock
from backend.wish_lists import selectors, services
from backend.wish_lists.errors import (
    TooManyWishLists,
    WishListFull,
    WishListItemNotFound,
    WishListNameTaken,
    WishListNotFound,
)
from backend.wish_lists.links import shared_list
from backend.wish_lists.models import WishListItem
from backend.wish_lists.serializers import (
    ChangedWishSerializer,
    DeletedWishListSerializer,
    MovedToCartSerializer,
    NewWishSerializer,
    SharedWishListSerializer,
    SharedWishSerializer,
    WishedParameters,
    WishedProductSerializer,
    WishListInputSerializer,
    WishListSerializer,
    WishSerializer,
)

TOKEN = {
    "name": "token",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "example": "WzEsMV0.Qm9va3M"},
    "description": "The `link_token` of the wish list.",
}


class WishListsView(APIView):
    """The caller's wish lists."""

    @operation(
        "wish_lists_list", tag="wish lists", query=PageParameters, response=page_of(WishListSerializer)
    )
    def get(self, request: Request) -> Response:
        """List your wish lists, oldest first."""
        parameters = parse(request, PageParameters)
        rows = selectors.lists_of(account_of(request).pk)
        return page_response(request, rows, parameters=parameters, shown=rows_of(WishListSerializer))

    @operation(
        "wish_lists_create",
        tag="wish lists",
        request=WishListInputSerializer,
        response=envelope_of(WishListSerializer),
        status=201,
        errors=[WishListNameTaken, TooManyWishLists],
    )
    def post(self, request: Request) -> Response:
        """Create a wish list."""
        body = parse_body(request, WishListInputSerializer)
        made = services.create_list(
            account_of(request), name=body["name"], by=actor_of(request), now=timezone.now()
        )
        return _list(request, wish_list_id=made.pk, message="Wish list created.", status=201)


class WishListView(APIView):
    """One of the caller's wish lists."""

    @operation(
        "wish_lists_get",
        tag="wish lists",
        response=envelope_of(WishListSerializer),
        errors=[WishListNotFound],
    )
    def get(self, request: Request, wish_list_id: int) -> Response:
        """Show one of your wish lists, without its items."""
        return _list(request, wish_list_id=wish_list_id)

    @operation(
        "wish_lists_update",
        tag="wish lists",
        request=WishListInputSerializer,
        response=envelope_of(WishListSerializer),
        errors=[WishListNotFound, WishListNameTaken],
    )
    def put(self, request: Request, wish_list_id: int) -> Response:
        """Rename one of your wish lists."""
        body = parse_body(request, WishListInputSerializer)
        services.rename_list(
            account_of(request),
            wish_list_id=wish_list_id,
            name=body["name"],
            by=actor_of(request),
            now=timezone.now(),
        )
        return _list(request, wish_list_id=wish_list_id, message="Wish list renamed.")

    @operation(
        "wish_lists_delete",
        tag="wish lists",
        response=envelope_of(DeletedWishListSerializer),
        errors=[WishListNotFound],
    )
    def delete(self, request: Request, wish_list_id: int) -> Response:
        """Delete one of your wish lists with its items and its link."""
        services.delete_list(account_of(request), wish_list_id=wish_list_id, by=actor_of(request))
        return envelope(DeletedWishListSerializer({"id": wish_list_id}).data, message="Wish list deleted.")


class WishListLinkView(APIView):
    """The link of one of the caller's wish lists."""

    @operation(
        "wish_list_link_create",
        tag="wish lists",
        response=envelope_of(WishListSerializer),
        errors=[WishListNotFound],
    )
    def post(self, request: Request, wish_list_id: int) -> Response:
        """Share a wish list by a link.

        Whoever has the link can read the list's name and its items with their notes, without your name.
        Repeating the request returns the same link.
        """
        services.set_shared(account_of(request), wish_list_id=wish_list_id, shared=True, by=actor_of(request))
        return _list(request, wish_list_id=wish_list_id, message="Wish list shared.")

    @operation(
        "wish_list_link_delete",
        tag="wish lists",
        response=envelope_of(WishListSerializer),
        errors=[WishListNotFound],
    )
    def delete(self, request: Request, wish_list_id: int) -> Response:
        """Withdraw the link of a wish list; sharing it again makes another link."""
        services.set_shared(
            account_of(request), wish_list_id=wish_list_id, shared=False, by=actor_of(request)
        )
        return _list(request, wish_list_id=wish_list_id, message="Link withdrawn.")


class WishesView(APIView):
    """The items of one of the caller's wish lists."""

    @operation(
        "wish_list_items_list",
        tag="wish lists",
        query=PageParameters,
        response=page_of(WishSerializer),
        errors=[WishListNotFound],
    )
    def get(self, request: Request, wish_list_id: int) -> Response:
        """List the items of one of your wish lists at current prices, newest first."""
        parameters = parse(request, PageParameters)
        found = selectors.list_of(account_of(request).pk, wish_list_id=wish_list_id)
        rows = selectors.items_in(found)
        return page_response(
            request,
            rows,
            parameters=parameters,
            shown=lambda items: WishSerializer(selectors.wishes(items), many=True).data,
        )


class SharedWishListView(APIView):
    """The items of a shared wish list."""

    permission_classes = (AllowAny,)
    throttle_classes = (BrowseThrottle,)

    @operation(
        "shared_wishes_list",
        tag="wish lists",
        parameters=[TOKEN],
        query=PageParameters,
        response=page_of(
            SharedWishSerializer, name="SharedWishListPage", wish_list=SharedWishListSerializer()
        ),
        errors=[WishListNotFound],
    )
    def get(self, request: Request, token: str) -> Response:
        """List the items of a shared wish list at current prices, newest first."""
        parameters = parse(request, PageParameters)
        found = shared_list(token)
        return page_response(
            request,
            selectors.items_in(found),
            parameters=parameters,
            shown=lambda items: SharedWishSerializer(selectors.wishes(items), many=True).data,
            wish_list=SharedWishListSerializer(found).data,
        )


class NewWishView(APIView):
    """Items of the caller's wish lists."""

    @operation(
        "wish_list_items_create",
        tag="wish lists",
        request=NewWishSerializer,
        response=envelope_of(WishSerializer),
        status=201,
        errors=[ProductNotFound, VariantNotFound, WishListNotFound, WishListFull, TooManyWishLists],
    )
    def post(self, request: Request) -> Response:
        """Add a product to a wish list.

        Without a list it is added to your oldest one, which is created if you have none. What is in the list
        already stays as it is.
        """
        values = parse_body(request, NewWishSerializer)
        chosen = {name: values.pop(name, None) for name in ("wish_list_id", "product_id", "variant_id")}
        user = account_of(request)
        item = services.add_wish(user, **chosen, values=values, by=actor_of(request), now=timezone.now())
        return _item(user.pk, item=item, message="Added to your wish list.", status=201)


class WishedProductsView(APIView):
    """Which products are in the caller's wish lists."""

    @operation(
        "wished_products_list",
        tag="wish lists",
        query=WishedParameters,
        response=envelope_of(WishedProductSerializer(many=True)),
    )
    def get(self, request: Request) -> Response:
        """List your items of the products of a page, to mark those that are in a wish list."""
        parameters = parse(request, WishedParameters)
        rows = selectors.wished_products(account_of(request).pk, product_ids=parameters["product_ids"])
        return envelope(WishedProductSerializer(rows, many=True).data)


class WishView(APIView):
    """An item of the caller's wish lists."""

    @operation(
        "wish_list_items_update",
        tag="wish lists",
        request=ChangedWishSerializer,
        response=envelope_of(WishSerializer),
        errors=[WishListItemNotFound, WishListNotFound, WishListFull],
    )
    def patch(self, request: Request, item_id: int) -> Response:
        """Change an item of your wish lists, or move it to another of them."""
        values = parse_body(request, ChangedWishSerializer)
        user = account_of(request)
        item = services.change_wish(user, item_id=item_id, values=values, now=timezone.now())
        return _item(user.pk, item=item, message="Item changed.")

    @operation(
        "wish_list_items_delete",
        tag="wish lists",
        response=envelope_of(DeletedWishListSerializer),
        errors=[WishListItemNotFound],
    )
    def delete(self, request: Request, item_id: int) -> Response:
        """Remove an item from your wish lists."""
        services.remove_wish(account_of(request), item_id=item_id, now=timezone.now())
        return envelope(DeletedWishListSerializer({"id": item_id}).data, message="Removed.")


class WishToCartView(APIView):
    """Moves an item to the cart."""

    @operation(
        "wish_list_items_cart",
        tag="wish lists",
        request=MovedToCartSerializer,
        response=envelope_of(DeletedWishListSerializer),
        errors=[
            WishListItemNotFound,
            ProductNotFound,
            VariantNotFound,
            VariantRequired,
            InsufficientStock,
            CartFull,
            CurrencyMismatch,
            UnitLimitExceeded,
        ],
    )
    def post(self, request: Request, item_id: int) -> Response:
        """Move an item from your wish list to your cart.

        The cart's line keeps the exposure id with which the item was added to the list. If the item can't be
        added to the cart, it stays in the list.
        """
        body = parse_body(request, MovedToCartSerializer)
        services.move_to_cart(
            account_of(request),
            item_id=item_id,
            variant_id=body.get("variant_id"),
            shopper=shopper_of(request),
            now=timezone.now(),
        )
        return envelope(DeletedWishListSerializer({"id": item_id}).data, message="Moved to your cart.")


def _list(request: Request, *, wish_list_id: int, message: str = "", status: int = 200) -> Response:
    found = selectors.list_of(account_of(request).pk, wish_list_id=wish_list_id)
    return envelope(WishListSerializer(found).data, message=message, status=status)


def _item(user_id: int, *, item: WishListItem, message: str, status: int = 200) -> Response:
    [wish] = selectors.wishes([selectors.item_of(user_id, item_id=item.pk)])
    return envelope(WishSerializer(wish).data, message=message, status=status)
