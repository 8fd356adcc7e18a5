"""Addresses of single sign-on, under the names that django-allauth knows them by."""

from django.urls import path

from usher.access.sso import views

urlpatterns = [
    path("sign-in/oidc/<slug:slug>/", views.oidc_begin, name="openid_connect_login"),
    path("sign-in/oidc/<slug:slug>/return/", views.oidc_return, name="openid_connect_callback"),
    path("sign-in/saml/<slug:slug>/", views.saml_begin, name="saml_login"),
    path("sign-in/saml/<slug:slug>/acs/", views.saml_acs, name="saml_acs"),
    path("sign-in/saml/<slug:slug>/acs/finish/", views.saml_finish, name="saml_finish_acs"),
    path("sign-in/saml/<slug:slug>/metadata/", views.saml_metadata, name="saml_metadata"),
]
