from django.urls import path

from usher.roster import views
from usher.roster.seat_prices import views as seat_prices_views

app_name = "roster"

urlpatterns = [
    path("integrations/<int:pk>/runs/<int:run_pk>/", views.run, name="run"),
    path("settings/prices/", seat_prices_views.prices, name="prices"),
]
