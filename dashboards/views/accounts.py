"""Signing in and out: an email, then the code that was mailed to it; or a password, where there is one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from allauth.account.views import (
    AccountInactiveView,
    ConfirmLoginCodeView,
    LoginView,
    LogoutView,
    RequestLoginCodeView,
)
from django.conf import settings
from django.forms import Form
from django.http import HttpResponse, HttpResponseRedirect

from dashboards import sign_in

_MAIL_IS_DOWN = "Our mail is not going out just now. Please try again in a few minutes."


class RequestCode(RequestLoginCodeView):
    """Ask for a code. Whether the address is known shows nowhere: both get the same page and the same mail."""

    template_name = "account/request_code.html"
    form_class = sign_in.EmailForm

    def form_valid(self, form: sign_in.EmailForm) -> HttpResponse:
        """Mail the code; when mail is down, say so and wait for nothing."""
        address = form.cleaned_data["email"]
        try:
            sign_in.begin_by_code(self.request, person=form.person, address=address)
        except sign_in.MailFailed:
            form.add_error("email", _MAIL_IS_DOWN)
            return self.render_to_response(self.get_context_data(form=form), status=503)
        then = self.request.POST.get("next") or self.request.GET.get("next", "")
        return HttpResponseRedirect(sign_in.url_with_next("account_confirm_login_code", then))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """In the demo, also where its mail is kept."""
        return {**super().get_context_data(**kwargs), "demo_mail": demo_mail()}


class EnterCode(ConfirmLoginCodeView):
    """Enter the code, or have another one mailed."""

    template_name = "account/enter_code.html"
    form_class = sign_in.CodeForm

    def form_valid(self, form: Form) -> HttpResponse:
        """The code was right; or another one is wanted."""
        if isinstance(form, sign_in.CodeForm):
            sign_in.settle_person(self._process)
            return super().form_valid(form)
        try:
            response = super().form_valid(form)
            sign_in.mail_to_newcomer(self._process)
        except sign_in.MailFailed:
            form.add_error(None, _MAIL_IS_DOWN)
            return self.render_to_response(self.get_context_data(form=form), status=503)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """For how long the code is good; in the demo, also where its mail is kept."""
        minutes = settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT // 60
        return {**super().get_context_data(**kwargs), "minutes": minutes, "demo_mail": demo_mail()}


class PasswordSignIn(LoginView):
    """Sign in by password: NGN's own people, and whoever was given one."""

    template_name = "account/password.html"
    form_class = sign_in.PasswordForm


class SignOut(LogoutView):
    """Sign out, or give up signing in half-way. A form and not a link: no page of another site can do it."""

    http_method_names = ["post", "options"]


class Closed(AccountInactiveView):
    """The account is closed."""

    template_name = "account/closed.html"


def demo_mail() -> str:
    """Where a newcomer to the demo finds the mail: its folder, while there is a simulator; else empty."""
    folder = settings.EMAIL_FILE_PATH if settings.ENV.stripe_api_base else None
    if not folder:
        return ""
    path = Path(folder)
    return str(path.relative_to(settings.BASE_DIR) if path.is_relative_to(settings.BASE_DIR) else path)
