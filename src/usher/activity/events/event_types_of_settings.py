"""The words for events that change settings of a workspace. `event_types` collects all types."""

Words = tuple[str, str, str]
"""Name of the type, title, template."""

SETTINGS: list[Words] = [
    (
        "workspace_security_contact_email_changed",
        "Security contact changed",
        "{actor} changed the e-mail address of the security contact of {workspace}{change}",
    ),
    (
        "workspace_google_sso_settings_changed",
        "Google sign-in settings changed",
        "{actor} changed the settings for signing in to {workspace} with Google{change}",
    ),
    (
        "workspace_saml_settings_changed",
        "SAML settings changed",
        "{actor} changed the settings for signing in to {workspace} with SAML{change}",
    ),
    (
        "workspace_saml_url_changed",
        "SAML address changed",
        "{actor} changed the address of the SAML sign-in page of {workspace}{change}",
    ),
    (
        "workspace_password_requirements_changed",
        "Password requirements changed",
        "{actor} changed the password requirements of {workspace}{change}",
    ),
    (
        "workspace_force_password_reset",
        "Password reset forced for everyone",
        "{actor} forced everyone in {workspace} to reset their password",
    ),
    (
        "workspace_guest_invite_permissions_changed",
        "Who may invite guests changed",
        "{actor} changed who may invite guests to {workspace}{change}",
    ),
    (
        "workspace_file_attachment_options_changed",
        "Sources of attachments changed",
        "{actor} changed which sources files can be attached from in {workspace}{change}",
    ),
    (
        "workspace_default_team_privacy_settings_changed",
        "Privacy of new teams changed",
        "{actor} changed the default privacy of new teams in {workspace}{change}",
    ),
    (
        "workspace_wide_reporting_enabled",
        "Workspace-wide reporting turned on",
        "{actor} turned on workspace-wide reporting in {workspace}",
    ),
    (
        "workspace_wide_reporting_disabled",
        "Workspace-wide reporting turned off",
        "{actor} turned off workspace-wide reporting in {workspace}",
    ),
    (
        "workspace_associated_email_domain_added",
        "E-mail domain added",
        "{actor} added an e-mail domain{value} to {workspace}",
    ),
    (
        "workspace_associated_email_domain_removed",
        "E-mail domain removed",
        "{actor} removed an e-mail domain{value} from {workspace}",
    ),
    (
        "workspace_require_two_factor_auth_enabled",
        "Two-factor sign-in required",
        "{actor} required two-factor sign-in for {workspace}",
    ),
    (
        "workspace_require_two_factor_auth_disabled",
        "Two-factor sign-in no longer required",
        "{actor} no longer requires two-factor sign-in for {workspace}",
    ),
    (
        "workspace_app_recipient_emails_changed",
        "Recipients of app requests changed",
        "{actor} changed who receives app approval requests in {workspace}{change}",
    ),
    (
        "workspace_view_links_enabled",
        "Read-only links allowed",
        "{actor} allowed read-only links in {workspace}",
    ),
    (
        "workspace_view_links_disabled",
        "Read-only links blocked",
        "{actor} blocked read-only links in {workspace}",
    ),
    (
        "workspace_default_session_duration_changed",
        "Session duration changed",
        "{actor} changed the session duration of {workspace}{change}",
    ),
    (
        "workspace_form_link_authentication_required_enabled",
        "Forms require signing in",
        "{actor} required signing in for links to forms of {workspace}",
    ),
    (
        "workspace_form_link_authentication_required_disabled",
        "Forms open without signing in",
        "{actor} allowed links to forms of {workspace} without signing in",
    ),
    (
        "workspace_personal_access_token_enabled",
        "Personal access tokens allowed",
        "{actor} allowed personal access tokens in {workspace}",
    ),
    (
        "workspace_personal_access_token_disabled",
        "Personal access tokens blocked",
        "{actor} blocked personal access tokens in {workspace}",
    ),
    (
        "workspace_app_admin_approval_setting_changed",
        "Approval of an app changed",
        "{actor} changed whether an app may be used in {workspace}{change}",
    ),
    (
        "workspace_require_app_approvals_of_type_changed",
        "Which apps need approval changed",
        "{actor} changed which apps need approval in {workspace}{change}",
    ),
    (
        "workspace_form_is_embeddable_forms_enabled",
        "Embedding of forms allowed",
        "{actor} allowed forms of {workspace} to be embedded in other websites",
    ),
    (
        "workspace_form_is_embeddable_forms_disabled",
        "Embedding of forms blocked",
        "{actor} blocked forms of {workspace} from being embedded in other websites",
    ),
    (
        "workspace_logged_out_view_authentication_required_enabled",
        "View links require signing in",
        "{actor} required signing in for view links of {workspace}",
    ),
    (
        "workspace_logged_out_view_authentication_required_disabled",
        "View links open without signing in",
        "{actor} allowed view links of {workspace} without signing in",
    ),
    (
        "workspace_baa_signed",
        "Health-data agreement signed",
        "{actor} signed the agreement on health data (BAA) for {workspace}",
    ),
    (
        "workspace_required_sso_provider_settings_changed",
        "Required sign-in provider changed",
        "{actor} changed the required sign-in provider of {workspace}{change}",
    ),
    (
        "workspace_ip_allowlist_disabled",
        "IP allowlist turned off",
        "{actor} turned off the IP allowlist of {workspace}",
    ),
    (
        "workspace_ip_allowlist_api_traffic_disabled",
        "IP allowlist turned off for the API",
        "{actor} turned off the IP allowlist of {workspace} for the API",
    ),
    (
        "workspace_allowed_ip_range_added",
        "Allowed IP addresses added",
        "{actor} added allowed IP addresses{value} to {workspace}",
    ),
    (
        "workspace_allowed_ip_range_changed",
        "Allowed IP addresses changed",
        "{actor} changed allowed IP addresses of {workspace}{change}",
    ),
    (
        "workspace_allowed_ip_range_removed",
        "Allowed IP addresses removed",
        "{actor} removed allowed IP addresses{value} from {workspace}",
    ),
    (
        "workspace_ip_allowlist_member_type_changed",
        "Scope of the IP allowlist changed",
        "{actor} changed to whom the IP allowlist of {workspace} applies{change}",
    ),
    (
        "workspace_mobile_app_biometric_authentication_required_disabled",
        "Biometric lock of the mobile app no longer required",
        "{actor} no longer requires biometric authentication in the mobile app of {workspace}",
    ),
    (
        "workspace_mobile_app_screen_capture_enabled",
        "Screenshots in the mobile app allowed",
        "{actor} allowed screenshots in the mobile app of {workspace}",
    ),
    (
        "workspace_mobile_app_copy_paste_enabled",
        "Copying in the mobile app allowed",
        "{actor} allowed copying and pasting in the mobile app of {workspace}",
    ),
    (
        "workspace_mobile_app_attachments_sharing_enabled",
        "Sharing of attachments in the mobile app allowed",
        "{actor} allowed downloading and sharing attachments in the mobile app of {workspace}",
    ),
    (
        "workspace_mobile_app_attachments_sharing_disabled",
        "Sharing of attachments in the mobile app blocked",
        "{actor} blocked downloading and sharing attachments in the mobile app of {workspace}",
    ),
    (
        "workspace_guest_app_usage_setting_changed",
        "Use of apps by guests changed",
        "{actor} changed whether guests of {workspace} may use apps{change}",
    ),
    (
        "workspace_guest_pat_usage_setting_changed",
        "Use of tokens by guests changed",
        "{actor} changed whether guests of {workspace} may use personal access tokens{change}",
    ),
    (
        "workspace_personal_access_token_expiry_changed",
        "Lifetime of personal access tokens changed",
        "{actor} changed the lifetime of personal access tokens of {workspace}{change}",
    ),
]

ANNOUNCEMENTS: list[Words] = [
    (
        "workspace_announcement_created",
        "Announcement published",
        "{actor} published {thing:announcement}",
    ),
    ("workspace_announcement_removed", "Announcement removed", "{actor} removed {thing:announcement}"),
]

CATEGORY_NOT_CONFIRMED: list[Words] = [
    (
        "workspace_idle_session_duration_changed",
        "Idle session duration changed",
        "{actor} changed the idle session duration of {workspace}{change}",
    ),
    (
        "workspace_trusted_domains_setting_changed",
        "Trusted domains changed",
        "{actor} changed the trusted domains of {workspace}{change}",
    ),
    (
        "workspace_machine_learning_product_feature_changed",
        "Asana AI changed",
        "{actor} changed the use of Asana AI in {workspace}{change}",
    ),
    (
        "workspace_service_account_token_expiry_changed",
        "Lifetime of service-account tokens changed",
        "{actor} changed the lifetime of service-account tokens of {workspace}{change}",
    ),
    (
        "ai_studio_addon_type_changed",
        "AI Studio plan changed",
        "{actor} changed the AI Studio add-on of {workspace}{change}",
    ),
    ("custom_role_created", "Custom role created", "{actor} created {thing:custom role}"),
    (
        "role_permission_changed",
        "Permission of a role changed",
        "{actor} changed a permission of {thing:role}{change}",
    ),
]
