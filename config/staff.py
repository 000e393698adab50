"""Django's admin as NGN's people get it: at /staff/, behind a second factor."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class StaffConfig(AdminConfig):
    """The admin, with our site in place of Django's."""

    default_site = "dashboards.staff.StaffSite"
