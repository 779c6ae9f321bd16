"""Cart URLs."""

from django.urls import path

from backend.carts import views

urlpatterns = [
    path("", views.CartView.as_view(), name="cart"),
    path("codes/", views.CartCodesView.as_view(), name="cart-codes"),
    path("codes/<str:code>/", views.CartCodeView.as_view(), name="cart-code"),
    path("<int:item_id>/", views.CartItemView.as_view(), name="cart-item"),
]
