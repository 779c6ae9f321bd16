"""Account URLs."""

from django.urls import path

from backend.accounts import (
    email_views,
    openapi,  # noqa: F401 - registers itself when imported
    reset_views,
    views,
)

urlpatterns = [
    path("register/", views.RegisterView.as_view(), name="register"),
    path("login/", views.LoginView.as_view(), name="login"),
    path("token-refresh/", views.TokenRefreshView.as_view(), name="token-refresh"),
    path("me/", views.ProfileView.as_view(), name="profile"),
    path("me/email/", email_views.EmailView.as_view(), name="email"),
    path("me/email/verify/", email_views.EmailVerificationView.as_view(), name="email-verify"),
    path("change-password/", views.PasswordChangeView.as_view(), name="change-password"),
    path("forgot-password/", reset_views.ForgotPasswordView.as_view(), name="forgot-password"),
    path("verify-otp/", reset_views.VerifyCodeView.as_view(), name="verify-otp"),
    path("reset-password/", reset_views.ResetPasswordView.as_view(), name="reset-password"),
    path("logout/", views.LogoutView.as_view(), name="logout"),
]
