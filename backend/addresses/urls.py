"""Address URLs."""

from django.urls import path

from backend.addresses import views

urlpatterns = [
    path("", views.AddressListView.as_view(), name="addresses"),
    path("<int:address_id>/", views.AddressView.as_view(), name="address"),
]
