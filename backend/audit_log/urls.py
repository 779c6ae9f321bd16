"""URLs of the audit log."""

from django.urls import path

from backend.audit_log import views

urlpatterns = [
    path("entries/", views.EntryListView.as_view(), name="audit-entries"),
    path("entries/<int:entry_id>/", views.EntryView.as_view(), name="audit-entry"),
    path("export/", views.ExportView.as_view(), name="audit-export"),
    path("chain/", views.ChainView.as_view(), name="audit-chain"),
]
