"""A member CSV between upload and import: encrypted, visible only to its uploader, deleted after a day."""

import base64
from datetime import date, timedelta

from django.utils import timezone

from usher.access.models import User
from usher.activity.console.parse import ConsoleFile, parse
from usher.activity.models import ConsoleUpload
from usher.connections.models import Connection
from usher.csvfiles.dates import DateOrder

LIFETIME = timedelta(days=1)


def hold(
    user: User, connection: Connection, file_name: str, content: bytes, exported_on: date
) -> ConsoleUpload:
    """Replaces what the same user uploaded before. Raises UnreadableFile."""
    parse(content)
    forget_old()
    ConsoleUpload.objects.filter(user=user).delete()
    return ConsoleUpload.objects.create(
        user=user,
        connection=connection,
        file_name=file_name[-255:],
        exported_on=exported_on,
        content=base64.b64encode(content).decode(),
    )


def read(upload: ConsoleUpload, order: DateOrder | None) -> ConsoleFile:
    """Raises UnreadableFile if the order does not fit the dates."""
    return parse(base64.b64decode(upload.content), order)


def forget_old() -> None:
    ConsoleUpload.objects.filter(created_at__lt=timezone.now() - LIFETIME).delete()
