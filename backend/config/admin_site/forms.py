"""The forms of the login pages."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget


class PasswordWidget(UnfoldAdminPasswordWidget):
    """A password with a button that shows it."""

    template_name = "admin_site/widgets/password.html"


class LoginForm(forms.Form):
    """The first step of a login."""

    phone = forms.CharField(
        max_length=40,
        widget=UnfoldAdminTextInputWidget(
            {"autocomplete": "username", "inputmode": "tel", "autofocus": True}
        ),
    )
    password = forms.CharField(
        strip=False, max_length=1_024, widget=PasswordWidget({"autocomplete": "current-password"})
    )


class CodeForm(forms.Form):
    """The second step of a login."""

    code = forms.CharField(
        max_length=40,
        help_text="Six digits of your authenticator app, or a recovery code.",
        widget=UnfoldAdminTextInputWidget({"autocomplete": "one-time-code", "autofocus": True}),
    )
    challenge = forms.CharField(widget=forms.HiddenInput)


class OwnPasswordForm(forms.Form):
    """The first step of setting up an authenticator app."""

    password = forms.CharField(
        strip=False,
        max_length=1_024,
        widget=PasswordWidget({"autocomplete": "current-password", "autofocus": True}),
    )


class FirstCodeForm(forms.Form):
    """The second step of setting up an authenticator app."""

    first_code = forms.CharField(
        label="Code of the app",
        max_length=10,
        widget=UnfoldAdminTextInputWidget(
            {"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}
        ),
    )


class PasswordForm(forms.Form):
    """A change of the user's own password."""

    current_password = forms.CharField(
        strip=False, max_length=1_024, widget=PasswordWidget({"autocomplete": "current-password"})
    )
    password = forms.CharField(
        label="New password",
        strip=False,
        max_length=1_024,
        help_text="12 characters or more. Your other logins end.",
        widget=PasswordWidget({"autocomplete": "new-password"}),
    )
    repeated = forms.CharField(
        label="New password again",
        strip=False,
        max_length=1_024,
        widget=PasswordWidget({"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        """Require the same new password twice."""
        values: dict[str, Any] = super().clean() or {}
        if values.get("password") != values.get("repeated"):
            self.add_error("repeated", "The two passwords differ.")
        return values
