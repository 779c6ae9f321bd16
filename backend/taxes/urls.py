"""Tax URLs."""

from django.urls import path

from backend.taxes import views

urlpatterns = [
    path("rates/", views.TaxRateListView.as_view(), name="tax-rates"),
    path("rates/<int:tax_rate_id>/", views.TaxRateView.as_view(), name="tax-rate"),
]
