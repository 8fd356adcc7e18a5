"""Addresses for signing in, for one's own account, and for managing who uses Usher."""

from django.urls import path

from usher.access import people_views, token_views, views

app_name = "access"
urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="sign_in"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("welcome/<str:token>/", views.welcome, name="welcome"),
    path("profile/", views.profile, name="profile"),
    path("profile/password/", views.change_password, name="change_password"),
    path("profile/tokens/", token_views.make, name="make_token"),
    path("profile/tokens/<int:pk>/revoke/", token_views.revoke, name="revoke_token"),
    path("settings/", people_views.settings_index, name="settings"),
    path("settings/users/", people_views.users, name="users"),
    path("settings/users/add/", people_views.add, name="user_add"),
    path("settings/users/<int:pk>/", people_views.user, name="user"),
    path("settings/users/<int:pk>/switch/", people_views.switch, name="user_switch"),
    path("settings/users/<int:pk>/link/", people_views.link, name="user_link"),
]
