from django.urls import path

from usher.contracts.agreements import views as agreements
from usher.contracts.calendar import views as calendar
from usher.contracts.costs import views as costs
from usher.contracts.savings import views as savings

app_name = "contracts"
urlpatterns = [
    path("", savings.overview, name="savings"),
    path("add/<int:pk>/", agreements.add, name="add"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("calendar/link/", calendar.link, name="link"),
    path("calendar/link/revoke/", calendar.link_revoke, name="link_revoke"),
    path("feed/<str:token>.ics", calendar.feed, name="feed"),
    path("<int:pk>/", savings.contract, name="contract"),
    path("<int:pk>/seats/", savings.seats, name="seats"),
    path("<int:pk>/seats/export.csv", savings.seats_csv, name="seats_csv"),
    path("<int:pk>/realised.csv", savings.realised_csv, name="realised_csv"),
    path("<int:pk>/costs/", costs.costs, name="costs"),
    path("<int:pk>/costs/export.csv", costs.costs_csv, name="costs_csv"),
    path("<int:pk>/terms/", agreements.edit, name="edit"),
    path("<int:pk>/purchases/", agreements.purchase, name="purchase"),
    path("<int:pk>/delete/", agreements.delete, name="delete"),
    path("purchases/<int:pk>/remove/", agreements.purchase_remove, name="purchase_remove"),
]
