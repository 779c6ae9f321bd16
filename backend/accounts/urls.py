"""Account URLs."""

from django.urls import path

from backend.accounts import views

urlpatterns = [
    path("register/", views.RegisterView.as_view(), name="register"),
    path("login/", views.LoginView.as_view(), name="login"),
    path("token-refresh/", views.TokenRefreshView.as_view(), name="token-refresh"),
    path("me/", views.ProfileView.as_view(), name="profile"),
    path("change-password/", views.PasswordChangeView.as_view(), name="change-password"),
    path("logout/", views.LogoutView.as_view(), name="logout"),
]
