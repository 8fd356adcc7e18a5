"""Single sign-on: identity providers, the policy, and assertions that were used."""

import hashlib

from django.db import models

from usher.access.models.users import User
from usher.access.roles import UserRole
from usher.platform.encryption import EncryptedTextField


class IdentityProvider(models.Model):
    """An identity provider that people sign in with, set on a page. The environment may add one (sso.environment)."""

    class Protocol(models.TextChoices):
        OIDC = "oidc", "OpenID Connect"
        SAML = "saml", "SAML 2.0"

    slug = models.SlugField(
        max_length=40, unique=True, help_text="Part of the addresses that the provider knows."
    )
    protocol = models.CharField(max_length=4, choices=Protocol)
    name = models.CharField(max_length=60, help_text="On the button of the sign-in page.")
    is_enabled = models.BooleanField(default=True)

    # OpenID Connect
    issuer = models.CharField(max_length=500, blank=True)
    client_id = models.CharField(max_length=300, blank=True)
    client_secret = EncryptedTextField(blank=True)
    extra_scopes = models.CharField(max_length=200, blank=True)

    # SAML
    metadata_url = models.CharField(max_length=500, blank=True)
    metadata_xml = models.TextField(blank=True)
    allows_idp_initiated = models.BooleanField(default=False)

    # Where its answer says who somebody is; empty means the usual places
    subject_claim = models.CharField(max_length=200, blank=True)
    email_claim = models.CharField(max_length=200, blank=True)
    name_claim = models.CharField(max_length=200, blank=True)
    groups_claim = models.CharField(max_length=200, blank=True)

    # Who comes in
    domains = models.JSONField(default=list, help_text="E-mail domains, in lower case.")
    accepts_unverified_email = models.BooleanField(default=False)
    creates_users = models.BooleanField(default=False)
    default_role = models.CharField(max_length=8, choices=UserRole, blank=True)
    role_groups = models.JSONField(default=dict, help_text="For each role, the groups whose members have it.")
    scope_groups = models.JSONField(
        default=dict, help_text="For “all” and each connection's key, the groups whose members see it."
    )

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_oidc(self) -> bool:
        return self.protocol == self.Protocol.OIDC

    @property
    def maps_groups(self) -> bool:
        return any(self.role_groups.values())

    @property
    def limits_by_groups(self) -> bool:
        return any(self.scope_groups.values())

    @staticmethod
    def uid_of(issuer: str, subject: str) -> str:
        """What an account is tied to: a subject means something only together with who issued it."""
        return hashlib.sha256(f"{issuer}\n{subject}".encode()).hexdigest()


class SignInPolicy(models.Model):
    """One row: whether people sign in by single sign-on only, and the account that is excepted."""

    sso_only = models.BooleanField(default=False)
    break_glass = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self) -> str:
        return "only by single sign-on" if self.sso_only else "by password, link or single sign-on"

    @classmethod
    def excepts(cls, user: User) -> bool:
        """Whether this is the break-glass account, while single sign-on is required."""
        return cls.objects.filter(break_glass=user, sso_only=True).exists()


class UsedAssertion(models.Model):
    """A SAML assertion that signed somebody in. Kept until it would be refused as too old."""

    key = models.CharField(max_length=64, unique=True, help_text="SHA-256 of issuer and assertion ID.")
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key
