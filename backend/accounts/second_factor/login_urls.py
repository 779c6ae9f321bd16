"""URLs of the second step of a login."""

from django.urls import path

from backend.accounts.second_factor import login_views

urlpatterns = [
    path("second-factor/", login_views.SecondStepView.as_view(), name="login-second-factor"),
    path("passkey-options/", login_views.PasskeyLoginOptionsView.as_view(), name="login-passkey-options"),
]
