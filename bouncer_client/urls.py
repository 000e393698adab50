from django.urls import path, re_path

from bouncer_client import views

app_name = "bouncer_client"
urlpatterns = [
    path("sw.js", views.service_worker, name="service-worker"),
    path("app.webmanifest", views.app_manifest, name="app-manifest"),
    # Every other page of the door is the same shell: the phone itself knows where it is. Never what is the server's.
    re_path(r"^(?!api/)(?:[a-z-]+/)*$", views.shell, name="shell"),
]
