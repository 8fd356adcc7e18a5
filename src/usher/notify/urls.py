"""Addresses of notices."""

from django.urls import path

from usher.notify.choices import views as choices
from usher.notify.deliveries import views as deliveries
from usher.notify.destinations import views as destinations
from usher.notify.slack_actions import views as slack_actions
from usher.notify.texts import views as texts

app_name = "notify"
urlpatterns = [
    path("", destinations.settings_page, name="settings"),
    path("mine/", choices.mine, name="mine"),
    path("minimum/", destinations.minimum, name="minimum"),
    path("test-mail/", destinations.test_mail, name="test_mail"),
    path("destinations/add/<slug:channel>/", destinations.add, name="destination_add"),
    path("destinations/<int:pk>/", destinations.destination, name="destination"),
    path("destinations/<int:pk>/test/", destinations.test, name="destination_test"),
    path("destinations/<int:pk>/rotate/", destinations.rotate, name="destination_rotate"),
    path("destinations/<int:pk>/delete/", destinations.delete, name="destination_delete"),
    path("sent/", deliveries.deliveries, name="deliveries"),
    path("sent/export.csv", deliveries.deliveries_csv, name="deliveries_csv"),
    path("sent/failed/", deliveries.all_failed, name="all_failed"),
    path("sent/<int:pk>/", deliveries.delivery, name="delivery"),
    path("sent/<int:pk>/again/", deliveries.again, name="delivery_again"),
    path("sent/<int:pk>/discard/", deliveries.discard_one, name="delivery_discard"),
    path("slack/actions/", slack_actions.actions, name="slack_actions"),
    path("texts/", texts.texts, name="texts"),
    path("texts/<slug:kind>/", texts.text, name="text"),
    path("texts/<slug:kind>/mail/", texts.mail, name="text_mail"),
]
