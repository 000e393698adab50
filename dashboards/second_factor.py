"""The forms of the second factor, in our fields."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import ReauthenticateForm as PasswordReauthenticateForm
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm

from dashboards.sign_in import code_input, password_input

_CODE = "Code from the app, or a recovery code"


class AtSignInForm(AuthenticateForm):
    """A code of the app, or a recovery code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget, self.fields["code"].label = code_input(), _CODE


class AgainForm(ReauthenticateForm):
    """The same, for somebody who is signed in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget, self.fields["code"].label = code_input(), _CODE


class SetUpForm(ActivateTOTPForm):
    """The app's first code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget = code_input(placeholder="123456")
        self.fields["code"].label = "The six digits that the app shows"


class PasswordAgainForm(PasswordReauthenticateForm):
    """The password, for somebody who is signed in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].widget = password_input()
