"""The addresses of a venue's office: its money, its orders, its tickets. Within `dashboards.urls`."""

from django.urls import path

from dashboards.views import box_office, payments, settlement, tickets

VENUE = "venue/<slug:slug>"
SHOW = f"{VENUE}/e/<slug:event_slug>"
ORDER = f"{SHOW}/orders/<str:number>"

urlpatterns = [
    path(f"{VENUE}/payments/", payments.page, name="payments"),
    path(f"{VENUE}/payments/connect/", payments.connect, name="payments-connect"),
    path(f"{VENUE}/payments/express/", payments.express, name="payments-express"),
    path(f"{VENUE}/payments/refunds/", payments.refund_policy, name="payments-refunds"),
    path(f"{VENUE}/payments/payouts.csv", payments.payouts_csv, name="payouts-csv"),
    path(f"{SHOW}/orders/", box_office.orders, name="orders"),
    path(f"{ORDER}/", box_office.order, name="sold-order"),
    path(f"{ORDER}/refund/", box_office.refund, name="refund"),
    path(f"{ORDER}/refund/<uuid:refund_id>/tickets/", box_office.allocate, name="allocate-refund"),
    path(f"{ORDER}/refund/<uuid:refund_id>/made-good/", box_office.make_good, name="make-good"),
    path(f"{ORDER}/dispute/<uuid:dispute_id>/evidence/", box_office.evidence, name="dispute-evidence"),
    path(f"{SHOW}/settlement/", settlement.page, name="settlement"),
    path(f"{SHOW}/settlement.csv", settlement.as_csv, name="settlement-csv"),
    path(f"{SHOW}/tickets/", tickets.page, name="tickets"),
    path(f"{SHOW}/tickets/<uuid:type_id>/", tickets.change, name="change-terms"),
    path(f"{SHOW}/tickets/limit/", tickets.fan_limit, name="fan-limit"),
    path(f"{SHOW}/tickets/status/", tickets.status, name="show-status"),
    path(f"{SHOW}/cancel/", tickets.cancel, name="cancel-show"),
    path(f"{SHOW}/cancel/progress.json", tickets.progress, name="cancel-progress"),
]
