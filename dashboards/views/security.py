"""The second factor: shown at sign-in, asked for again before it is touched, set up, taken off; its recovery codes."""

from __future__ import annotations

from typing import Any

from allauth.account.views import ReauthenticateView
from allauth.mfa.base.views import AuthenticateView, IndexView
from allauth.mfa.base.views import ReauthenticateView as SecondFactorReauthenticateView
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from django.http import HttpResponse, HttpResponseRedirect

from dashboards import pairing_code, second_factor, sign_in


class SecondFactorAtSignIn(AuthenticateView):
    """The password or the mailed code was right; now the second factor."""

    template_name = "account/second_factor.html"
    form_class = second_factor.AtSignInForm


class SecondFactorAgain(SecondFactorReauthenticateView):
    """The second factor once more, where it has been a while."""

    template_name = "account/second_factor_again.html"
    form_class = second_factor.AgainForm


class PasswordAgain(ReauthenticateView):
    """The password once more, where it has been a while."""

    template_name = "account/password_again.html"
    form_class = second_factor.PasswordAgainForm


class Security(IndexView):
    """How the signed-in person's account is guarded."""

    template_name = "account/security.html"


class AddAuthenticator(ActivateTOTPView):
    """Set up an authenticator app; then the recovery codes are shown."""

    template_name = "account/add_authenticator.html"
    form_class = second_factor.SetUpForm

    def form_valid(self, form: second_factor.SetUpForm) -> HttpResponse:
        """The app gave a right code: it is the second factor from now on, and has been shown in this session."""
        super().form_valid(form)
        sign_in.note_second_factor(self.request)
        return HttpResponseRedirect(sign_in.url_with_next("mfa_view_recovery_codes", self._then()))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With the picture for the app's camera, and the same to type."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        secret = context["form"].secret
        typed = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
        picture = pairing_code.svg_of(context["totp_url"])
        return {**context, "picture": picture, "secret": typed, "then": self._then()}

    def _then(self) -> str:
        return self.request.GET.get("next", "")


class RemoveAuthenticator(DeactivateTOTPView):
    """Take the authenticator app off."""

    template_name = "account/remove_authenticator.html"


class RecoveryCodes(ViewRecoveryCodesView):
    """The recovery codes that are left."""

    template_name = "account/recovery_codes.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With the page that the person was on the way to."""
        then = self.request.GET.get("next", "")
        return {**super().get_context_data(**kwargs), "then": then if sign_in.is_ours(then) else ""}


class NewRecoveryCodes(GenerateRecoveryCodesView):
    """New recovery codes; the old ones end."""

    template_name = "account/new_recovery_codes.html"
