"""Member CSVs of Asana's Admin Console, imported and waiting."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from usher.connections.models import Connection
from usher.platform.encryption import EncryptedTextField


class ConsoleImport(models.Model):
    """One member CSV of Asana's Admin Console that was imported."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="console_imports")
    exported_on = models.DateField()
    file_name = models.CharField(max_length=255)
    rows = models.PositiveIntegerField()
    matched = models.PositiveIntegerField()
    keeps_unmatched = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Whether rows about nobody in Usher are kept. Not of a file that was not the newest, nor of one"
        " that an older version imported.",
    )
    imported_at = models.DateTimeField(default=timezone.now)
    imported_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)

    class Meta:
        ordering = ("-exported_on",)
        constraints = [models.UniqueConstraint("connection", "exported_on", name="console_import_once_a_day")]

    def __str__(self) -> str:
        return f"{self.file_name} of {self.exported_on}"


class ConsoleSighting(models.Model):
    """What a member CSV says about one person. Dates are None where it says nothing or "never".

    `has_never_logged_in`: the file said so in words.
    """

    console_import = models.ForeignKey(ConsoleImport, on_delete=models.CASCADE, related_name="sightings")
    user_gid = models.CharField(max_length=32, db_index=True)
    joined_on = models.DateField(null=True)
    first_login_on = models.DateField(null=True)
    last_activity_on = models.DateField(null=True)
    has_never_logged_in = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint("console_import", "user_gid", name="console_person_once")]

    def __str__(self) -> str:
        return f"{self.user_gid} in {self.console_import_id}"


class UnmatchedMember(models.Model):
    """Somebody in the newest member CSV of a connection who was nobody in Usher: encrypted, until a sync finds them.

    Deleted with the import, and when a newer file comes.
    """

    console_import = models.ForeignKey(ConsoleImport, on_delete=models.CASCADE, related_name="unmatched")
    line = models.PositiveIntegerField(help_text="Of the file, as a spreadsheet counts.")
    gid = models.CharField(max_length=32, blank=True)
    email = EncryptedTextField(blank=True)
    name = EncryptedTextField(blank=True)
    joined_on = models.DateField(null=True)
    first_login_on = models.DateField(null=True)
    last_activity_on = models.DateField(null=True)
    has_never_logged_in = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint("console_import", "line", name="unmatched_once_a_line")]

    def __str__(self) -> str:
        return f"line {self.line} of {self.console_import_id}"


class ConsoleUpload(models.Model):
    """A member CSV between upload and confirmation: encrypted, and deleted after a day."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE)
    file_name = models.CharField(max_length=255)
    exported_on = models.DateField()
    content = EncryptedTextField(help_text="The file, base64.")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.file_name
