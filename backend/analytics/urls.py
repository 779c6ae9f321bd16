"""Report URLs."""

from django.urls import path

from backend.analytics import views
from backend.analytics.reconciliation import views as reconciliation

urlpatterns = [
    path("reports/", views.ReportListView.as_view(), name="reports"),
    path("reports/<str:name>/", views.ReportView.as_view(), name="report"),
    path("reconciliations/", reconciliation.ReconciliationListView.as_view(), name="reconciliations"),
    path(
        "reconciliations/<int:reconciliation_id>/",
        reconciliation.ReconciliationView.as_view(),
        name="reconciliation",
    ),
    path("interactions/", views.InteractionsView.as_view(), name="interactions"),
    path("sales/", views.SalesView.as_view(), name="sales-report"),
    path("products/<int:product_id>/", views.ProductAnalyticsView.as_view(), name="product-analytics"),
]
