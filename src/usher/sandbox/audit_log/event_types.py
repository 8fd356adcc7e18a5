"""Every documented type of audit log event, with its category and resource type, and the contexts of events.

Two more types are on no list, because Asana adds types without notice.
"""

from enum import IntEnum
from typing import NamedTuple

from usher.sandbox.http.answers import Record

_TYPES: dict[tuple[str, str], str] = {
    ("logins", "user"): """
        user_login_succeeded user_login_failed user_logged_out
    """,
    ("user_updates", "user"): """
        user_invited user_deprovisioned user_reprovisioned user_forgot_password_started
        user_password_reset user_password_changed user_two_factor_auth_enabled
        user_two_factor_auth_disabled user_csv_import_started domain_user_billing_paused
        domain_user_billing_unpaused
    """,
    ("admin_settings", "workspace"): """
        workspace_security_contact_email_changed workspace_google_sso_settings_changed
        workspace_saml_settings_changed workspace_saml_url_changed
        workspace_password_requirements_changed workspace_force_password_reset
        workspace_guest_invite_permissions_changed workspace_file_attachment_options_changed
        workspace_default_team_privacy_settings_changed workspace_wide_reporting_enabled
        workspace_wide_reporting_disabled workspace_associated_email_domain_added
        workspace_associated_email_domain_removed workspace_require_two_factor_auth_enabled
        workspace_require_two_factor_auth_disabled workspace_app_recipient_emails_changed
        workspace_view_links_enabled workspace_view_links_disabled
        workspace_default_session_duration_changed
        workspace_form_link_authentication_required_enabled
        workspace_form_link_authentication_required_disabled workspace_personal_access_token_enabled
        workspace_personal_access_token_disabled workspace_app_admin_approval_setting_changed
        workspace_require_app_approvals_of_type_changed workspace_form_is_embeddable_forms_enabled
        workspace_form_is_embeddable_forms_disabled
        workspace_logged_out_view_authentication_required_enabled
        workspace_logged_out_view_authentication_required_disabled workspace_baa_signed
        workspace_required_sso_provider_settings_changed workspace_ip_allowlist_disabled
        workspace_ip_allowlist_api_traffic_disabled workspace_allowed_ip_range_added
        workspace_allowed_ip_range_changed workspace_allowed_ip_range_removed
        workspace_ip_allowlist_member_type_changed
        workspace_mobile_app_biometric_authentication_required_disabled
        workspace_mobile_app_screen_capture_enabled workspace_mobile_app_copy_paste_enabled
        workspace_mobile_app_attachments_sharing_enabled
        workspace_mobile_app_attachments_sharing_disabled workspace_guest_app_usage_setting_changed
        workspace_guest_pat_usage_setting_changed workspace_personal_access_token_expiry_changed
        workspace_idle_session_duration_changed workspace_trusted_domains_setting_changed
        workspace_machine_learning_product_feature_changed
        workspace_service_account_token_expiry_changed ai_studio_addon_type_changed
    """,
    ("admin_settings", "workspace_announcement"): """
        workspace_announcement_created workspace_announcement_removed
    """,
    ("roles", "role"): """
        custom_role_created role_permission_changed
    """,
    ("roles", "user"): """
        user_workspace_admin_role_changed user_division_admin_role_changed
    """,
    ("content_export", "workspace"): """
        workspace_export_started workspace_teams_export_started workspace_members_export_started
        object_export_started
    """,
    ("content_export", "search"): """
        search_report_export_started
    """,
    ("content_export", "division"): """
        division_teams_export_started
    """,
    ("content_export", "project"): """
        project_csv_export_started
    """,
    ("content_export", "attachment"): """
        attachment_downloaded workspace_attachment_export_started
    """,
    ("access_control", "project"): """
        project_share_link_enabled project_share_link_disabled project_view_link_enabled
        project_view_link_disabled project_member_added project_member_removed
        project_privacy_settings_changed
    """,
    ("access_control", "team"): """
        team_privacy_settings_changed team_member_added team_member_removed
    """,
    ("access_control", "portfolio"): """
        portfolio_member_added portfolio_member_removed
    """,
    ("apps", "team"): """
        team_harvest_integration_enabled team_harvest_integration_disabled
    """,
    ("apps", "user"): """
        user_app_authorized user_app_revoked user_personal_access_token_authorized
        user_personal_access_token_revoked service_account_created service_account_deleted
        service_account_name_changed
    """,
    ("creation", "team"): """
        team_created
    """,
    ("creation", "attachment"): """
        attachment_uploaded
    """,
    ("deletion", "task"): """
        task_deleted task_permanently_deleted task_undeleted
    """,
    ("deletion", "project"): """
        project_deleted project_undeleted
    """,
    ("deletion", "portfolio"): """
        portfolio_deleted portfolio_undeleted
    """,
    ("deletion", "goal"): """
        goal_deleted goal_undeleted
    """,
    ("deletion", "custom_field"): """
        custom_field_deleted custom_field_undeleted
    """,
    ("deletion", "message"): """
        message_deleted message_permanently_deleted message_undeleted
    """,
    ("deletion", "team"): """
        team_deleted team_undeleted
    """,
    ("deletion", "attachment"): """
        attachment_deleted attachment_undeleted
    """,
    ("deletion", "story"): """
        comment_deleted comment_undeleted story_deleted story_undeleted
    """,
    ("deletion", "status_update"): """
        status_update_deleted status_update_permanently_deleted status_update_undeleted
    """,
    ("deletion", "task_template"): """
        task_template_deleted task_template_undeleted
    """,
    ("deletion", "project_template"): """
        project_template_deleted project_template_undeleted
    """,
    ("creation", "task"): "task_hologram_created",
    ("conversations", "user"): "user_agent_conversation_started",
}
"""By category and resource type. Where Asana's category is not confirmed, this is a likely one."""


class Use(IntEnum):
    """Whose use of Asana an event shows."""

    HUMAN = 0
    AUTOMATED = 1
    NOBODY = 2


class EventType(NamedTuple):
    name: str
    category: str
    resource_type: str


class Context(NamedTuple):
    context_type: str
    authentication: str = ""
    app: str = ""
    rule: str = ""
    on_behalf: bool = False

    @property
    def use(self) -> Use:
        if self.rule or self.authentication in ("service_account", "personal_access_token", "oauth"):
            return Use.AUTOMATED
        return Use.NOBODY if self.context_type in ("asana", "asana_support") else Use.HUMAN

    @property
    def record(self) -> Record:
        """Without what depends on the actor: IP address, user agent, and whom support acts for."""
        record: Record = {"context_type": self.context_type}
        if self.authentication:
            record["api_authentication_method"] = self.authentication
        if self.app:
            record["oauth_app_name"] = self.app
        if self.rule:
            record["rule_name"] = self.rule
        return record


EVENT_TYPES: tuple[EventType, ...] = tuple(
    EventType(name, category, resource)
    for (category, resource), names in _TYPES.items()
    for name in names.split()
)
TYPE_NUMBERS = {kind.name: number for number, kind in enumerate(EVENT_TYPES)}

CONTEXTS: tuple[Context, ...] = (
    Context("web"),
    Context("desktop"),
    Context("mobile"),
    Context("email"),
    Context("api", "cookie"),
    Context("api", "oauth", app="Ledger Link"),
    Context("api", "oauth", app="Calendar Bridge"),
    Context("api", "personal_access_token"),
    Context("api", "service_account"),
    Context("web", rule="When a task is completed, move it to Done"),
    Context("asana"),
    Context("asana_support", on_behalf=True),
)
WEB, DESKTOP, MOBILE, EMAIL, COOKIE, LEDGER_APP, CALENDAR_APP, OWN_TOKEN, SERVICE, RULE, BY_ASANA, SUPPORT = (
    range(len(CONTEXTS))
)
CONTEXT_USE = tuple(context.use for context in CONTEXTS)

LOGIN, LOGIN_FAILED, LOGOUT = (
    TYPE_NUMBERS[name] for name in ("user_login_succeeded", "user_login_failed", "user_logged_out")
)
OF_APPS = APP_AUTHORIZED, APP_REVOKED = (
    TYPE_NUMBERS["user_app_authorized"],
    TYPE_NUMBERS["user_app_revoked"],
)
PAUSED, UNPAUSED = TYPE_NUMBERS["domain_user_billing_paused"], TYPE_NUMBERS["domain_user_billing_unpaused"]
EVERYDAY = tuple(
    TYPE_NUMBERS[name]
    for name in (
        "attachment_uploaded",
        "attachment_downloaded",
        "attachment_uploaded",
        "attachment_downloaded",
        "project_member_added",
        "project_member_removed",
        "team_member_added",
        "task_deleted",
        "comment_deleted",
        "project_csv_export_started",
    )
)
"""The event types of everyday work. More frequent types are listed more than once."""
OF_ADMINS = tuple(
    TYPE_NUMBERS[name]
    for name in (
        "project_privacy_settings_changed",
        "workspace_members_export_started",
        "team_member_removed",
        "user_app_authorized",
        "team_privacy_settings_changed",
        "portfolio_member_added",
        "custom_field_deleted",
        "project_share_link_enabled",
        "team_created",
        "project_template_deleted",
        "search_report_export_started",
        "project_share_link_disabled",
        "workspace_announcement_created",
        "project_deleted",
    )
)
"""What an ordinary admin does. None of these types changes who is a member."""


def use_of(event_type: int, context: int) -> Use:
    """The kind of use that an event shows whose actor is a user."""
    return Use.NOBODY if event_type == LOGIN_FAILED else CONTEXT_USE[context]
