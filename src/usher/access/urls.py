"""Addresses for signing in, for the user's own account, and for managing users."""

from django.urls import path

from usher.access import views
from usher.access.tokens import views as tokens
from usher.access.users import views as users

app_name = "access"
urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="sign_in"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("welcome/<str:token>/", views.welcome, name="welcome"),
    path("profile/", views.profile, name="profile"),
    path("profile/password/", views.change_password, name="change_password"),
    path("profile/tokens/", tokens.make, name="make_token"),
    path("profile/tokens/<int:pk>/revoke/", tokens.revoke, name="revoke_token"),
    path("settings/", users.settings_index, name="settings"),
    path("settings/users/", users.users, name="users"),
    path("settings/users/add/", users.add, name="user_add"),
    path("settings/users/<int:pk>/", users.user, name="user"),
    path("settings/users/<int:pk>/switch/", users.switch, name="user_switch"),
    path("settings/users/<int:pk>/link/", users.link, name="user_link"),
]
