"""Wish list URLs."""

from django.urls import path

from backend.wish_lists import views

urlpatterns = [
    path("", views.WishListsView.as_view(), name="wish-lists"),
    path("items/", views.NewWishView.as_view(), name="wish-list-items"),
    path("items/<int:item_id>/", views.WishView.as_view(), name="wish-list-item"),
    path("items/<int:item_id>/cart/", views.WishToCartView.as_view(), name="wish-list-item-cart"),
    path("products/", views.WishedProductsView.as_view(), name="wished-products"),
    path("shared/<str:token>/", views.SharedWishListView.as_view(), name="shared-wish-list"),
    path("<int:wish_list_id>/", views.WishListView.as_view(), name="wish-list"),
    path("<int:wish_list_id>/items/", views.WishesView.as_view(), name="wish-list-own-items"),
    path("<int:wish_list_id>/link/", views.WishListLinkView.as_view(), name="wish-list-link"),
]
