"""Usher's pages under the names by which django-allauth sends people to them.

Only what is named here exists: nobody signs up, and addresses are changed on Usher's own pages.
"""

from django.urls import include, path

from usher.access import views
from usher.access.mfa import views as second_factor

urlpatterns = [
    path("", include("usher.access.sso.urls")),
    path("sign-in/", views.SignIn.as_view(), name="account_login"),
    path("sign-in/second-factor/", second_factor.second_step, name="mfa_authenticate"),
    path("sign-in/passkey/", second_factor.passkey_sign_in, name="mfa_login_webauthn"),
    path("sign-out/", views.sign_out, name="account_logout"),
]
