"""What django-allauth asks about second factors."""

from allauth.mfa.adapter import DefaultMFAAdapter

from usher.access.models import User
from usher.platform.encryption import decrypt_text, encrypt_text

ISSUER = "Usher"


class SecondFactorAdapter(DefaultMFAAdapter):
    """Named in settings.MFA_ADAPTER."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "This is not right, or was used before. Try the next code.",
    }

    def encrypt(self, text: str) -> str:
        return encrypt_text(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Raises SecretUnreadable."""
        return decrypt_text(encrypted_text)

    def _get_site_name(self) -> str:
        return ISSUER

    def generate_authenticator_name(self, user: User, type: str) -> str:
        return "Passkey"
