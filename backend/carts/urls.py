"""Cart URLs."""

from django.urls import path

from backend.carts import views

urlpatterns = [
    path("", views.CartView.as_view(), name="cart"),
    path("<int:item_id>/", views.CartItemView.as_view(), name="cart-item"),
]
