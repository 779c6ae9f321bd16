"""URLs of the caller's second factors."""

from django.urls import path

from backend.accounts.second_factor import views

urlpatterns = [
    path("", views.SecondFactorView.as_view(), name="second-factor"),
    path("totp/", views.TotpView.as_view(), name="totp"),
    path("totp/confirm/", views.TotpConfirmView.as_view(), name="totp-confirm"),
    path("totp/disable/", views.TotpDisableView.as_view(), name="totp-disable"),
    path("recovery-codes/", views.RecoveryCodesView.as_view(), name="recovery-codes"),
]
