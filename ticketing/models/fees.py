"""What NGN adds to a price: the platform's default, which a venue may override field by field."""

from __future__ import annotations

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q

from ticketing.money import FeePolicy


class PlatformFees(models.Model):
    """The one row with the platform's default fee. Amounts are minor units of whatever currency a venue sells in."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    fixed = models.PositiveIntegerField(default=200)
    basis_points = models.PositiveIntegerField(default=0, validators=[MaxValueValidator(10_000)])
    minimum = models.PositiveIntegerField(default=0)
    maximum = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        db_table = "cdm_platform_fees"
        verbose_name_plural = "platform fees"
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="platform_fees_one_row"),
            models.CheckConstraint(
                condition=Q(maximum=None) | Q(maximum__gte=models.F("minimum")), name="platform_fees_in_order"
            ),
        ]

    def __str__(self) -> str:
        return "the platform's default fee"

    @property
    def policy(self) -> FeePolicy:
        """The default as a rule."""
        return FeePolicy(
            fixed=self.fixed, basis_points=self.basis_points, minimum=self.minimum, maximum=self.maximum
        )
