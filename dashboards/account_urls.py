"""Where one signs in and guards one's account. No namespace: allauth asks for these pages by their bare names."""

from allauth.mfa.recovery_codes.views import download_recovery_codes
from django.urls import path

from dashboards.views import accounts, security

urlpatterns = [
    path("login/", accounts.RequestCode.as_view(), name="account_login"),
    path("login/", accounts.RequestCode.as_view(), name="account_request_login_code"),
    path("login/code/", accounts.EnterCode.as_view(), name="account_confirm_login_code"),
    path("login/password/", accounts.PasswordSignIn.as_view(), name="account_password"),
    path("login/second-factor/", security.SecondFactorAtSignIn.as_view(), name="mfa_authenticate"),
    path("login/again/", security.PasswordAgain.as_view(), name="account_reauthenticate"),
    path("login/again/second-factor/", security.SecondFactorAgain.as_view(), name="mfa_reauthenticate"),
    path("login/closed/", accounts.Closed.as_view(), name="account_inactive"),
    path("logout/", accounts.SignOut.as_view(), name="account_logout"),
    path("account/", security.Security.as_view(), name="mfa_index"),
    path("account/authenticator/", security.AddAuthenticator.as_view(), name="mfa_activate_totp"),
    path("account/authenticator/remove/", security.RemoveAuthenticator.as_view(), name="mfa_deactivate_totp"),
    path("account/recovery-codes/", security.RecoveryCodes.as_view(), name="mfa_view_recovery_codes"),
    path(
        "account/recovery-codes/new/", security.NewRecoveryCodes.as_view(), name="mfa_generate_recovery_codes"
    ),
    path("account/recovery-codes/download/", download_recovery_codes, name="mfa_download_recovery_codes"),
]
