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


class PasskeyField(forms.JSONField):
    """What the browser returned for a passkey, which a script writes into the hidden field."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> Any:
        """Return the object.

        Raises:
            ValidationError: it is another kind of JSON, or none.
        """
        found = super().clean(value)
        if found is not None and not isinstance(found, dict):
            raise forms.ValidationError("The browser sent no passkey; try again.")
        return found


class SecondStepForm(forms.Form):
    """The second step of a login: a code or a passkey."""

    code = forms.CharField(
        max_length=40,
        required=False,
        help_text="Six digits of your authenticator app, or a recovery code.",
        widget=UnfoldAdminTextInputWidget({"autocomplete": "one-time-code", "autofocus": True}),
    )
    challenge = forms.CharField(max_length=100, widget=forms.HiddenInput)
    passkey = PasskeyField(required=False)

    def clean(self) -> dict[str, Any]:
        """Require a code or a passkey."""
        values: dict[str, Any] = super().clean() or {}
        if not self.errors and not values.get("code") and not values.get("passkey"):
            self.add_error("code", "Enter a code.")
        return values

    @property
    def factor(self) -> dict[str, Any]:
        """The code or the passkey, for `complete_challenge`."""
        passkey = self.cleaned_data["passkey"]
        return {"passkey": passkey} if passkey else {"code": self.cleaned_data["code"]}


class OwnPasswordForm(forms.Form):
    """The first step of setting up a second factor."""

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


class NewPasskeyForm(forms.Form):
    """The second step of setting up a passkey."""

    name = forms.CharField(
        max_length=100,
        initial="Admin",
        help_text="To recognise it by, such as the name of this device.",
        widget=UnfoldAdminTextInputWidget({"autofocus": True}),
    )
    credential = PasskeyField()


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
