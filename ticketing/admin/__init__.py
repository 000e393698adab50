"""What NGN's people see of the tables. Rows that are facts are read; nothing secret is shown."""

from ticketing.admin import door, money, people, places, sales, shows

__all__ = ["door", "money", "people", "places", "sales", "shows"]
