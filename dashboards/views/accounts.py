"""Signing in and out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, UsernameField
from django.contrib.auth.views import LoginView
from django.urls import reverse

from dashboards import reads
from ticketing.models import User


class SignInForm(AuthenticationForm):
    """Email and password. Addresses are kept in lower case, so they are compared in lower case."""

    username = UsernameField(
        label="Email",
        widget=forms.EmailInput(attrs={"class": "input", "autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        widget=forms.PasswordInput(attrs={"class": "input", "autocomplete": "current-password"}),
    )
    error_messages = {
        "invalid_login": "That email and password do not belong together. Mind capitals in the password.",
        "inactive": "This account is closed.",
    }

    def clean_username(self) -> str:
        """The address as it is stored."""
        return str(self.cleaned_data["username"]).strip().lower()


class SignIn(LoginView):
    """The sign-in page. `next` is followed only within this site (Django sees to it)."""

    template_name = "dashboards/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_default_redirect_url(self) -> str:
        """Members land where they work, fans at their tickets."""
        user: Any = self.request.user
        places = reads.places_of(user.pk) if isinstance(user, User) else ()
        if not places:
            return reverse("dashboards:wallet")
        return reverse(f"dashboards:{places[0].kind}", kwargs={"slug": places[0].slug})
