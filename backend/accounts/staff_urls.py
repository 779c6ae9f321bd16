"""URLs of members of staff."""

from django.urls import path

from backend.accounts import staff_views

urlpatterns = [
    path("", staff_views.StaffListView.as_view(), name="staff"),
    path("<int:account_id>/areas/", staff_views.StaffAreasView.as_view(), name="staff-areas"),
    path("<int:account_id>/deactivate/", staff_views.StaffDeactivateView.as_view(), name="staff-deactivate"),
    path("<int:account_id>/activate/", staff_views.StaffActivateView.as_view(), name="staff-activate"),
]
