"""The second step of signing in, and signing in by passkey."""

from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.webauthn.views import LoginWebAuthnView
from django.http import HttpRequest, HttpResponse

from usher.access.mfa.factors import second_factors
from usher.access.models import User


class SecondStep(AuthenticateView):
    """After the password, the link or the provider. A passkey, a code of the app, or a recovery code."""

    template_name = "access/second_step.html"

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if "cancel" in request.POST:
            return self.stage.abort()
        return super().post(request, *args, **kwargs)

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        user: User = self.stage.login.user
        kinds = set(second_factors(user).values_list("type", flat=True))
        return super().get_context_data(**kwargs) | {"who": user, "kinds": kinds}


class PasskeySignIn(LoginWebAuthnView):
    """Gives the browser its challenge (GET), and lets in whoever signs it (POST)."""


second_step = SecondStep.as_view()
passkey_sign_in = PasskeySignIn.as_view()
