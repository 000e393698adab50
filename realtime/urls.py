from django.urls import path

from realtime import http

app_name = "realtime"
urlpatterns = [
    path("pair", http.pair, name="pair"),
    path("manifest", http.manifest, name="manifest"),
    path("scans", http.scans, name="scans"),
    path("orders/<str:typed>", http.order, name="order"),
]
