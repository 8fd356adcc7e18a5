"""Usher's pages under the names by which django-allauth sends people to them.

Only what is named here exists: nobody signs up, and addresses are changed on Usher's own pages.
"""

from django.urls import path

from usher.access import views

urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="account_login"),
    path("sign-out/", views.sign_out, name="account_logout"),
]
