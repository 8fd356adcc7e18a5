"""Addresses for signing in, for the user's own account, and for managing users."""

from django.urls import path

from usher.access import views
from usher.access.mfa.own import views as second_factor
from usher.access.proof import views as proof
from usher.access.scope import views as scope
from usher.access.security import views as security
from usher.access.service_accounts import views as service_accounts
from usher.access.sessions import views as sessions
from usher.access.sso import views as sso_steps
from usher.access.sso.settings import views as sso
from usher.access.throttle import views as throttle
from usher.access.tokens import views as tokens
from usher.access.trail import views as trail
from usher.access.users import views as users

app_name = "access"
urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="sign_in"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("welcome/<str:token>/", views.welcome, name="welcome"),
    path("prove/", proof.prove, name="prove"),
    path("prove/with/<slug:slug>/", sso_steps.prove, name="prove_elsewhere"),
    path("prove/continue/", proof.go_on, name="prove_continue"),
    path("profile/", views.profile, name="profile"),
    path("profile/sessions/", sessions.sessions, name="sessions"),
    path("profile/sessions/<int:pk>/end/", sessions.end_one, name="end_session"),
    path("profile/sessions/end-others/", sessions.end_others, name="end_other_sessions"),
    path("settings/users/<int:pk>/sessions/end/", sessions.end_all_of, name="user_end_sessions"),
    path("profile/second-factor/", second_factor.second_factor, name="second_factor"),
    path("profile/second-factor/app/", second_factor.add_app, name="second_factor_app"),
    path("profile/second-factor/passkey/", second_factor.add_passkey, name="second_factor_passkey"),
    path("profile/second-factor/<int:pk>/rename/", second_factor.rename_passkey, name="second_factor_rename"),
    path("profile/second-factor/<int:pk>/remove/", second_factor.remove, name="second_factor_remove"),
    path("profile/second-factor/codes/make/", second_factor.make_codes, name="make_recovery_codes"),
    path("profile/second-factor/codes/", second_factor.recovery_codes, name="recovery_codes"),
    path("profile/second-factor/codes.txt", second_factor.recovery_codes_file, name="recovery_codes_file"),
    path("profile/password/", views.change_password, name="change_password"),
    path("profile/address/", users.ask_for_address, name="ask_for_address"),
    path("profile/address/<str:token>/", users.confirm_address, name="confirm_address"),
    path("profile/tokens/", tokens.make, name="make_token"),
    path("profile/tokens/<int:pk>/revoke/", tokens.revoke, name="revoke_token"),
    path("settings/", users.settings_index, name="settings"),
    path("settings/security/", security.security, name="security"),
    path("settings/users/<int:pk>/second-factor/reset/", security.reset_factor, name="user_reset_factor"),
    path("settings/users/", users.users, name="users"),
    path("settings/users/add/", users.add, name="user_add"),
    path("settings/users/<int:pk>/", users.user, name="user"),
    path("settings/users/<int:pk>/connections/", scope.change, name="user_scope"),
    path("settings/users/<int:pk>/address/", users.address, name="user_address"),
    path("settings/users/<int:pk>/switch/", users.switch, name="user_switch"),
    path("settings/users/<int:pk>/link/", users.link, name="user_link"),
    path("settings/single-sign-on/", sso.providers, name="sso"),
    path("settings/single-sign-on/policy/", sso.policy_page, name="sso_policy"),
    path("settings/single-sign-on/add/<slug:protocol>/", sso.add, name="sso_add"),
    path("settings/single-sign-on/<slug:slug>/", sso.provider, name="sso_provider"),
    path("settings/single-sign-on/<slug:slug>/test/", sso.test, name="sso_test"),
    path("settings/single-sign-on/<slug:slug>/delete/", sso.delete, name="sso_delete"),
    path("settings/users/<int:pk>/untie/", sso.untie_user, name="user_untie"),
    path("settings/users/waiting/", throttle.throttled, name="throttled"),
    path("settings/users/waiting/release/", throttle.release, name="release"),
    path("settings/tokens/", tokens.tokens, name="tokens"),
    path("settings/tokens/<int:pk>/", tokens.token, name="token"),
    path("settings/tokens/<int:pk>/revoke/", tokens.revoke_any, name="revoke_any_token"),
    path("settings/service-accounts/", service_accounts.service_accounts, name="service_accounts"),
    path("settings/service-accounts/add/", service_accounts.add, name="service_account_add"),
    path("settings/service-accounts/<int:pk>/", service_accounts.service_account, name="service_account"),
    path(
        "settings/service-accounts/<int:pk>/change/", service_accounts.change, name="service_account_change"
    ),
    path(
        "settings/service-accounts/<int:pk>/switch/", service_accounts.switch, name="service_account_switch"
    ),
    path(
        "settings/service-accounts/<int:pk>/token/", service_accounts.make_token, name="service_account_token"
    ),
    path("settings/trail/", trail.trail, name="trail"),
    path("settings/trail/export.csv", trail.trail_csv, name="trail_csv"),
]
