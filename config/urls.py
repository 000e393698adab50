from django.contrib import admin
from django.urls import include, path

from config.health import healthz, readyz
from config.metrics import metrics
from config.strangers import favicon, robots

handler403 = "dashboards.views.errors.forbidden"
handler404 = "dashboards.views.errors.not_found"
handler429 = "dashboards.views.errors.too_many"  # not Django's: allauth asks for it
handler500 = "dashboards.views.errors.server_error"

urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
    path("robots.txt", robots),
    path("favicon.ico", favicon),
    path("", include("ticketing.urls")),
    path("door/api/", include("realtime.urls")),
    path("door/", include("bouncer_client.urls")),
    path("staff/", admin.site.urls),
    path("", include("dashboards.account_urls")),
    path("", include("dashboards.urls")),
]
