"""Inventory URLs."""

from django.urls import path

from backend.inventory import views

urlpatterns = [
    path("transactions/", views.InventoryTransactionListView.as_view(), name="inventory-transactions"),
    path("shortages/", views.ShortageListView.as_view(), name="shortages"),
    path("alerts/", views.StockAlertListView.as_view(), name="stock-alerts"),
    path("thresholds/<int:variant_id>/", views.StockThresholdView.as_view(), name="stock-threshold"),
    path("stock/", views.StockListView.as_view(), name="stock"),
]
