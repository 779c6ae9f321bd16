"""The dashboard's pages; those of the login are in `backend.config.dashboard_urls`."""

from django.urls import path

from backend.dashboard import views

urlpatterns = [
    path("", views.index, name="index"),
    path("definitions/", views.definitions, name="definitions"),
    path("definitions/<slug:name>/", views.definition, name="definition"),
    path("views/<int:view_id>/delete/", views.delete_view, name="delete_view"),
    path("views/<int:view_id>/mail/", views.schedule_view, name="schedule_view"),
    path("<slug:name>/save/", views.save_view, name="save_view"),
    path("<slug:name>/", views.page, name="page"),
    path("<slug:page_name>/<slug:name>/", views.panel, name="panel"),
    path("<slug:page_name>/<slug:name>/export/", views.export, name="export"),
]
