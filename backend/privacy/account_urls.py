"""URLs of the caller's personal data."""

from django.urls import path

from backend.privacy import views

urlpatterns = [
    path("", views.AccountErasureView.as_view(), name="account-erasure"),
    path("export/", views.ExportView.as_view(), name="account-export"),
]
