"""What is told, to whom, and how far that has come; destinations; and what each user chooses."""

import uuid
from datetime import timedelta
from urllib.parse import urlsplit

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from usher.access.models import User
from usher.access.roles import UserRole
from usher.connections.models import Connection
from usher.notify.kinds import KINDS
from usher.notify.wording.kind import NoticeKind
from usher.platform.encryption import EncryptedTextField


class Notice(models.Model):
    """Something that is told. The same kind and key is told once, for ever."""

    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=200)
    facts = models.JSONField(default=dict, help_text="What the texts name; never a secret.")
    path = models.CharField(max_length=500, default="", help_text="The address in Usher that it links to.")
    links = EncryptedTextField(
        default="",
        help_text="JSON: links and buttons that only the receiver may have. Gone once it is sent.",
    )
    connection = models.ForeignKey(Connection, null=True, on_delete=models.CASCADE, related_name="+")
    not_to = ArrayField[list[int], list[int]](
        models.BigIntegerField(), default=list, help_text="Users who know: they did it themselves."
    )
    to_users_only = models.BooleanField(
        default=False, help_text="Destinations that are not limited were told in another way."
    )
    told_at = models.DateTimeField(default=timezone.now)
    spread_at = models.DateTimeField(null=True, help_text="When it was decided who gets it.")
    not_after = models.DateTimeField(null=True, help_text="Too late to be sent from then on.")
    part_of = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.SET_NULL,
        related_name="parts",
        help_text="One message about several.",
    )

    class Meta:
        constraints = [models.UniqueConstraint("kind", "key", name="told_once")]
        indexes = [models.Index("id", condition=Q(spread_at=None), name="notice_to_spread")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"

    @property
    def of_kind(self) -> NoticeKind:
        return KINDS[self.kind]


class Destination(models.Model):
    """A place that notices go to, besides the e-mail of users. Set under Settings → Notices."""

    class Channel(models.TextChoices):
        MAIL = "mail", "E-mail addresses"
        SLACK = "slack", "Slack"
        APPRISE = "apprise", "Microsoft Teams and other chats"
        WEBHOOK = "webhook", "Webhook"

    OLD_SECRET_LASTS = timedelta(days=3)
    SECRETS = ("secret", "old_secret", "signing_secret")

    name = models.CharField(max_length=60, unique=True)
    channel = models.CharField(max_length=7, choices=Channel)
    target = models.CharField(
        max_length=1000, blank=True, help_text="Addresses; a Slack channel; the address of a webhook."
    )
    secret = EncryptedTextField(blank=True, help_text="A bot token, an Apprise URL, or a webhook's secret.")
    old_secret = EncryptedTextField(
        blank=True, help_text="Of a webhook: still signs until `old_secret_until`."
    )
    old_secret_until = models.DateTimeField(null=True)
    signing_secret = EncryptedTextField(
        blank=True, help_text="Slack's, which proves that a button was pressed."
    )
    kinds = ArrayField[list[str], list[str]](models.CharField(max_length=40), default=list)
    # Keys, not references: when the last connection of a limit is deleted, nothing is sent, rather than everything.
    connections = ArrayField[list[int] | None, list[int] | None](
        models.BigIntegerField(),
        null=True,
        help_text="Told of what concerns these alone. Empty: of everything.",
    )
    is_on = models.BooleanField(default=True)
    off_because = models.CharField(max_length=500, default="", help_text="Why Usher itself switched it off.")
    held_until = models.DateTimeField(null=True, help_text="The service asked to wait.")

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def without_secrets(cls) -> models.QuerySet["Destination"]:
        """For everything that needs none: a lost key does not stand in the way."""
        return cls.objects.defer(*cls.SECRETS)

    @property
    def is_limited(self) -> bool:
        return self.connections is not None

    def takes(self, connection: int | None) -> bool:
        """Whether it is told of what concerns a connection; None: of what concerns none, or all together."""
        return self.connections is None or (connection is not None and connection in self.connections)

    @property
    def where(self) -> str:
        """The target, as it may be shown and recorded: of a webhook its host alone."""
        if self.channel == self.Channel.WEBHOOK:
            return urlsplit(self.target).hostname or ""
        if self.channel == self.Channel.APPRISE:
            return ""
        return self.target or "direct messages only"


class Delivery(models.Model):
    """One notice to one receiver. `sending` is stored before anything is sent (notify.sending.outbox)."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"
        BOUNCED = "bounced", "Bounced"
        DISCARDED = "discarded", "Discarded"

    OPEN = (State.WAITING, State.SENDING)
    ENDED_BADLY = (State.FAILED, State.BOUNCED)

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="deliveries")
    destination = models.ForeignKey(
        Destination,
        null=True,
        on_delete=models.CASCADE,
        related_name="deliveries",
        help_text="None: by e-mail.",
    )
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    address = models.CharField(
        max_length=320, default="", help_text="The receiver's e-mail address, if there is one."
    )
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    idempotency = models.UUIDField(
        default=uuid.uuid4, help_text="The same with each attempt: receivers drop a second."
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    begun_at = models.DateTimeField(null=True, help_text="Of the last attempt.")
    was_cut_off = models.BooleanField(default=False, help_text="A process died during an attempt.")
    ended_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=500, default="", help_text="What went wrong last, for people.")
    remedy = models.CharField(max_length=500, default="")

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                "notice", "destination", "user", "address", nulls_distinct=False, name="delivered_once"
            )
        ]
        indexes = [
            models.Index(
                "next_attempt_at", condition=Q(state__in=["waiting", "sending"]), name="delivery_open"
            ),
            models.Index(fields=["state", "-id"], name="delivery_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.notice_id} to {self.receiver}"

    @property
    def channel(self) -> Destination.Channel:
        return Destination.Channel(self.destination.channel) if self.destination else Destination.Channel.MAIL

    @property
    def way(self) -> str:
        """In words."""
        return str(self.channel.label) if self.destination else "E-mail"

    @property
    def receiver(self) -> str:
        return self.address or (self.destination.name if self.destination else "")


class NoticeChoice(models.Model):
    """What one user chose for one kind. Without a row, the kind's default."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notice_choices")
    kind = models.CharField(max_length=40)
    by_mail = models.BooleanField()
    by_slack = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint("user", "kind", name="one_choice_per_kind")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.kind}"


class NoticeMinimum(models.Model):
    """A kind that users with this role or a higher one cannot switch off."""

    kind = models.CharField(max_length=40, unique=True)
    role = models.CharField(max_length=8, choices=UserRole)

    def __str__(self) -> str:
        return f"{self.kind} for {self.role}"
