"""Inventory URLs."""

from django.urls import path

from backend.inventory import views

urlpatterns = [
    path("transactions/", views.InventoryTransactionListView.as_view(), name="inventory-transactions"),
]
