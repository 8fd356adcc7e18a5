import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import usher.contracts.arithmetic.ladder
from usher.platform.postgres.row_security import VIEWER, LimitRows, by_connection, by_row_of

KEY = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("access", "0012_scope_by_groups"),
        ("connections", "0004_tokenpace"),
        ("roster", "0005_price_of_a_contract"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Contract",
            fields=[
                ("id", KEY),
                ("name", models.CharField(max_length=100)),
                (
                    "plan",
                    models.CharField(
                        blank=True, help_text="Asana's name of it, such as Advanced.", max_length=60
                    ),
                ),
                (
                    "currency",
                    models.CharField(help_text="Three letters, such as EUR or USD.", max_length=3),
                ),
                (
                    "renews_on",
                    models.DateField(help_text="One of its renewals. The others are counted from it."),
                ),
                ("term_months", models.PositiveSmallIntegerField(default=12)),
                ("notice_days", models.PositiveSmallIntegerField(default=30)),
                (
                    "reducible",
                    models.CharField(
                        choices=[("renewal", "At a renewal only"), ("any_time", "From any month on")],
                        default="renewal",
                        max_length=8,
                    ),
                ),
                (
                    "ladder",
                    models.CharField(
                        default=usher.contracts.arithmetic.ladder.DEFAULT_LADDER,
                        help_text="Pack sizes: see `arithmetic.ladder`.",
                        max_length=500,
                    ),
                ),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="contracts",
                        to="connections.connection",
                    ),
                ),
                (
                    "workspaces",
                    models.ManyToManyField(
                        blank=True,
                        help_text="None: all of the connection.",
                        related_name="contracts",
                        to="roster.workspace",
                    ),
                ),
            ],
            options={
                "ordering": ("name", "pk"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("term_months__gte", 1)), name="contract_has_a_term"
                    ),
                    models.UniqueConstraint(
                        models.F("connection"), models.F("name"), name="contract_name_once_per_connection"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LicencePurchase",
            fields=[
                ("id", KEY),
                (
                    "licence",
                    models.CharField(
                        choices=[("member", "Member"), ("view_only", "View-only")], max_length=9
                    ),
                ),
                ("valid_from", models.DateField()),
                ("seats", models.PositiveIntegerField()),
                (
                    "price",
                    models.DecimalField(
                        decimal_places=2, help_text="Of one licence, without tax.", max_digits=10
                    ),
                ),
                (
                    "period",
                    models.CharField(choices=[("month", "a month"), ("year", "a year")], max_length=5),
                ),
                (
                    "contract",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="purchases",
                        to="contracts.contract",
                    ),
                ),
            ],
            options={
                "ordering": ("licence", "valid_from"),
                "constraints": [
                    models.UniqueConstraint(
                        models.F("contract"),
                        models.F("licence"),
                        models.F("valid_from"),
                        name="purchase_once_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("price__gte", 0)), name="purchase_price_is_not_negative"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CalendarLink",
            fields=[
                ("id", KEY),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("last_read_on", models.DateField(null=True)),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        LimitRows("contracts_contract", by_connection()),
        LimitRows("contracts_contract_workspaces", by_row_of("contracts_contract", "contract_id")),
        LimitRows("contracts_licencepurchase", by_row_of("contracts_contract", "contract_id")),
        LimitRows("contracts_calendarlink", f"user_id = {VIEWER}"),
    ]
