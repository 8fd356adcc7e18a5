"""The words for events that change settings of a workspace. `event_types` puts them with all others."""

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
        "Password rules changed",
        "{actor} changed how strong passwords in {workspace} must be{change}",
    ),
    (
        "workspace_force_password_reset",
        "Everyone must reset the password",
        "{actor} made everyone in {workspace} reset the password",
    ),
    (
        "workspace_guest_invite_permissions_changed",
        "Who may invite guests changed",
        "{actor} changed who may invite guests to {workspace}{change}",
    ),
    (
        "workspace_file_attachment_options_changed",
        "Sources of attachments changed",
        "{actor} changed from where files may be attached in {workspace}{change}",
    ),
    (
        "workspace_default_team_privacy_settings_changed",
        "Privacy of new teams changed",
        "{actor} changed how private new teams in {workspace} are{change}",
    ),
    (
        "workspace_wide_reporting_enabled",
        "Reporting over everything allowed",
        "{actor} turned on reporting over the whole of {workspace}",
    ),
    (
        "workspace_wide_reporting_disabled",
        "Reporting over everything stopped",
        "{actor} turned off reporting over the whole of {workspace}",
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
        "{actor} made two-factor sign-in a must in {workspace}",
    ),
    (
        "workspace_require_two_factor_auth_disabled",
        "Two-factor sign-in no longer required",
        "{actor} made two-factor sign-in no longer a must in {workspace}",
    ),
    (
        "workspace_app_recipient_emails_changed",
        "Recipients of app requests changed",
        "{actor} changed who gets requests to approve apps in {workspace}{change}",
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
        "How long people stay signed in changed",
        "{actor} changed how long people stay signed in to {workspace}{change}",
    ),
    (
        "workspace_form_link_authentication_required_enabled",
        "Forms require signing in",
        "{actor} made links to forms of {workspace} require signing in",
    ),
    (
        "workspace_form_link_authentication_required_disabled",
        "Forms open without signing in",
        "{actor} let links to forms of {workspace} open without signing in",
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
        "Forms in other websites allowed",
        "{actor} allowed forms of {workspace} inside other websites",
    ),
    (
        "workspace_form_is_embeddable_forms_disabled",
        "Forms in other websites blocked",
        "{actor} blocked forms of {workspace} inside other websites",
    ),
    (
        "workspace_logged_out_view_authentication_required_enabled",
        "View links require signing in",
        "{actor} made view links of {workspace} require signing in",
    ),
    (
        "workspace_logged_out_view_authentication_required_disabled",
        "View links open without signing in",
        "{actor} let view links of {workspace} open without signing in",
    ),
    (
        "workspace_baa_signed",
        "Health-data agreement signed",
        "{actor} signed the agreement on health data (BAA) for {workspace}",
    ),
    (
        "workspace_required_sso_provider_settings_changed",
        "Required sign-in provider changed",
        "{actor} changed through which provider people must sign in to {workspace}{change}",
    ),
    (
        "workspace_ip_allowlist_disabled",
        "List of allowed IP addresses turned off",
        "{actor} turned off the list of allowed IP addresses of {workspace}",
    ),
    (
        "workspace_ip_allowlist_api_traffic_disabled",
        "API open to all IP addresses",
        "{actor} took the API off the list of allowed IP addresses of {workspace}",
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
        "Whom the list of allowed IP addresses binds changed",
        "{actor} changed whom the list of allowed IP addresses of {workspace} binds{change}",
    ),
    (
        "workspace_mobile_app_biometric_authentication_required_disabled",
        "Mobile app opens without fingerprint or face",
        "{actor} let the mobile app of {workspace} open without fingerprint or face",
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
        "Attachments in the mobile app may be shared",
        "{actor} allowed downloading and sharing attachments in the mobile app of {workspace}",
    ),
    (
        "workspace_mobile_app_attachments_sharing_disabled",
        "Attachments in the mobile app may not be shared",
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
        "{actor} changed how long personal access tokens of {workspace} last{change}",
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
        "Sign-out after idle time changed",
        "{actor} changed after how much idle time people of {workspace} are signed out{change}",
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
        "{actor} changed how long service-account tokens of {workspace} last{change}",
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
