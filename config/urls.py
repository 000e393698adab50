from django.urls import include, path

from config.health import healthz, readyz

handler403 = "dashboards.views.errors.forbidden"
handler404 = "dashboards.views.errors.not_found"
handler500 = "dashboards.views.errors.server_error"

urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("", include("ticketing.urls")),
    path("door/api/", include("realtime.urls")),
    path("door/", include("bouncer_client.urls")),
    path("", include("dashboards.urls")),
]
