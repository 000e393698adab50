from django.urls import path

from realtime import http

app_name = "realtime"
urlpatterns = [
    path("pair", http.pair, name="pair"),
    path("manifest", http.manifest, name="manifest"),
]
