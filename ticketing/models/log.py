"""The log of a show: append-only, contiguous. Written only by `ticketing.log.append`."""

from __future__ import annotations

import uuid

from django.db import models

from ticketing.models.events import Event


class LogHead(models.Model):
    """A show's counter. Whoever updates it holds the show's log until the transaction ends."""

    event = models.OneToOneField(Event, on_delete=models.CASCADE, primary_key=True, related_name="log_head")
    seq = models.PositiveBigIntegerField(default=0)
    epoch = models.UUIDField(
        default=uuid.uuid4, help_text="another one when history was rewritten (a restore)"
    )

    class Meta:
        db_table = "cdm_log_heads"


class LogEntry(models.Model):
    """One thing that happened. `body` is the domain event's JSON, `kind` its tag."""

    id = models.BigAutoField(primary_key=True)
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="log_entries")
    seq = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=40)
    body = models.TextField()
    appended_at = models.DateTimeField()

    class Meta:
        db_table = "cdm_log_entries"
        verbose_name_plural = "log entries"
        constraints = [models.UniqueConstraint(fields=["event", "seq"], name="log_seq_once")]
