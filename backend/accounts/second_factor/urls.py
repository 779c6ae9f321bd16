"""URLs of the caller's second factors."""

from django.urls import path

from backend.accounts.second_factor import passkey_views, views

urlpatterns = [
    path("", views.SecondFactorView.as_view(), name="second-factor"),
    path("totp/", views.TotpView.as_view(), name="totp"),
    path("totp/confirm/", views.TotpConfirmView.as_view(), name="totp-confirm"),
    path("totp/disable/", views.TotpDisableView.as_view(), name="totp-disable"),
    path("recovery-codes/", views.RecoveryCodesView.as_view(), name="recovery-codes"),
    path("passkeys/", passkey_views.PasskeyListView.as_view(), name="passkeys"),
    path("passkeys/options/", passkey_views.PasskeyOptionsView.as_view(), name="passkey-options"),
    path("passkeys/<int:passkey_id>/", passkey_views.PasskeyView.as_view(), name="passkey"),
    path(
        "passkeys/<int:passkey_id>/delete/", passkey_views.PasskeyDeleteView.as_view(), name="passkey-delete"
    ),
]
