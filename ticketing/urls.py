from django.urls import path

from ticketing.payments.endpoint import webhook
from ticketing.payments.webhooks import Endpoint

app_name = "ticketing"
urlpatterns = [
    path("stripe/webhook/", webhook, {"endpoint": Endpoint.PLATFORM}, name="webhook"),
    path("stripe/webhook/connect/", webhook, {"endpoint": Endpoint.CONNECT}, name="webhook-connect"),
]
