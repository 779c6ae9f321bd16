"""Shipping URLs."""

from django.urls import path

from backend.shipping import views

urlpatterns = [
    path("methods/", views.ShippingMethodListView.as_view(), name="shipping-methods"),
    path("methods/<int:shipping_method_id>/", views.ShippingMethodView.as_view(), name="shipping-method"),
]
