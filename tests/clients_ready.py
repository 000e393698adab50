"""Imported once by the process that all of `tests.clients` are forked from: Django is set up, no database is open."""

import django

django.setup()
