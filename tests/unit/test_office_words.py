"""What the office reads and what it types: Stripe's words in ours, amounts, tables. Nothing here needs a database."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards import csv_files, money_words, refund_request, stripe_words, terms_request
from dashboards.payment_reads import PayoutShown
from dashboards.terms_request import Faults, Terms
from ticketing import money
from ticketing.domain_events import DisputePhase
from ticketing.events import TermsRefusal
from ticketing.models import LedgerKind, OrderStatus, RefundReason, RefundStatus
from ticketing.money import FeePolicy, Split
from ticketing.refunds import RefundRefusal
from ticketing.statements import Amounts, Line, Statement

amounts_of_money = st.integers(-(10**9), 10**9)


class TestStripesWords:
    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("external_account", "a bank account for your payouts"),
            ("tos_acceptance.date", "your yes to Stripe's terms"),
            ("tos_acceptance.ip", "your yes to Stripe's terms"),
            ("individual.verification.document", "your proof of identity: a picture of a document"),
            ("individual.dob.day", "your date of birth"),
            ("company.address.postal_code", "the company's address"),
            ("company.tax_id", "the company's tax number"),
            ("person_1MqjB62eZvKYlo2C.id_number", "a responsible person's national identity number"),
            ("representative.relationship.title", "the representative's part in the company"),
            ("business_profile.mcc", "what line of business you are in"),
        ],
    )
    def test_what_stripe_needs_is_said_in_words(self, name: str, words: str) -> None:
        assert stripe_words.need(name) == words

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("company.horoscope", "the company's horoscope"),
            ("proof_of_something.new", "proof of something, new"),
            ("x", "x"),
        ],
    )
    def test_a_name_that_is_new_to_us_is_made_readable(self, name: str, words: str) -> None:
        assert stripe_words.need(name) == words

    def test_several_fields_of_one_thing_are_one_thing_to_give(self) -> None:
        dates = ["individual.dob.day", "individual.dob.month", "individual.dob.year", "external_account"]

        assert stripe_words.needs(dates) == ["your date of birth", "a bank account for your payouts"]

    @given(st.text(max_size=80))
    def test_any_name_at_all_is_said_somehow(self, name: str) -> None:
        assert isinstance(stripe_words.need(name), str)
        assert bool(stripe_words.disabled(name)) == bool(name)

    def test_why_stripe_does_not_pay_is_said_in_words(self) -> None:
        assert "checking" in stripe_words.disabled("requirements.pending_verification")
        assert stripe_words.disabled("something.else_entirely").endswith("something, else entirely.")
        assert stripe_words.disabled("") == ""

    def test_stripes_sentence_comes_without_its_librarys_name_for_it(self) -> None:
        assert money_words.stripe_says("InvalidRequestError: No such charge.") == "No such charge."
        assert money_words.stripe_says("No: such charge.") == "No: such charge."


class TestStates:
    def test_every_state_has_its_words(self) -> None:
        assert set(money_words.ORDER) == set(OrderStatus)
        assert set(money_words.REFUND) == set(RefundStatus)
        assert set(money_words.REASON) == set(RefundReason)
        assert set(money_words.DISPUTE) == set(DisputePhase)
        assert all(money_words.movement(kind) for kind in LedgerKind)
        assert all(money_words.refused(refusal) for refusal in RefundRefusal)

    def test_a_payouts_state_that_is_new_to_us_is_shown_as_it_is(self) -> None:
        assert money_words.payout("paid").text == "Paid out"
        assert money_words.payout("held_somewhere").text == "Held somewhere"

    def test_a_banks_reason_that_is_new_to_us_is_shown_as_it_is(self) -> None:
        assert money_words.dispute_reason("duplicate") == "the fan says that it was charged twice"
        assert money_words.dispute_reason("bad_vibes") == "the bank says: bad vibes"

    @pytest.mark.parametrize(
        ("policy", "currency", "words"),
        [
            (FeePolicy(fixed=200, basis_points=0), "USD", "$2.00 per ticket"),
            (FeePolicy(fixed=0, basis_points=250), "EUR", "2.5 % of the price per ticket"),
            (
                FeePolicy(fixed=99, basis_points=1_000, minimum=150, maximum=900),
                "GBP",
                "£0.99 + 10 % of the price, at least £1.50, at most £9.00 per ticket",
            ),
            (FeePolicy(fixed=0, basis_points=0), "JPY", "¥0 per ticket"),
            (
                FeePolicy(fixed=0, basis_points=500, maximum=0),
                "JPY",
                "5 % of the price, at most ¥0 per ticket",
            ),
        ],
    )
    def test_a_fee_rule_is_a_phrase(self, policy: FeePolicy, currency: str, words: str) -> None:
        assert money_words.fee(policy, currency) == words


class TestTypedAmounts:
    @pytest.mark.parametrize(
        ("text", "currency", "amount"),
        [
            ("20", "USD", 2_000),
            (" 20.5 ", "USD", 2_050),
            ("$1,000.00", "USD", 100_000),
            ("€ 0.01", "EUR", 1),
            ("0", "USD", 0),
            ("2000", "JPY", 2_000),
            ("¥2,000", "JPY", 2_000),
        ],
    )
    def test_an_amount_is_read_as_a_person_means_it(self, text: str, currency: str, amount: int) -> None:
        assert money.typed(text, currency) == amount

    @pytest.mark.parametrize(
        ("text", "currency"),
        [
            ("20,00", "USD"),
            ("20.005", "USD"),
            ("2000.0", "JPY"),
            ("-1", "USD"),
            ("1e3", "USD"),
            ("1 000", "USD"),
            ("", "USD"),
            (".", "USD"),
            (".5", "USD"),
            ("20.", "USD"),
            ("٢٠", "USD"),
            ("€20", "USD"),
            ("1,0000", "USD"),
            ("1" * 40, "USD"),
        ],
    )
    def test_what_could_be_read_in_two_ways_is_not_read(self, text: str, currency: str) -> None:
        assert money.typed(text, currency) is None

    @given(st.integers(0, 10**9 - 1), st.sampled_from(sorted(money.DECIMALS)))
    def test_what_a_field_shows_is_read_back_as_the_same(self, amount: int, currency: str) -> None:
        assert money.typed(money.plain(amount, currency), currency) == amount
        assert money.typed(money.display(amount, currency), currency) == amount


class TestVectors:
    """The page's preview is TypeScript (ticketing/client/money.ts): both are held to tests/vectors/fees.json."""

    def test_fees_are_as_the_vectors_say(self, vectors: Path) -> None:
        for case in json.loads((vectors / "fees.json").read_text())["fees"]:
            assert FeePolicy(**case["policy"]).fee_of(case["price"]) == case["fee"]

    def test_typed_amounts_are_as_the_vectors_say(self, vectors: Path) -> None:
        for case in json.loads((vectors / "fees.json").read_text())["typed"]:
            assert money.typed(case["text"], case["currency"]) == case["amount"]


class TestShares:
    @given(amounts_of_money, st.lists(st.integers(0, 10**9), min_size=1, max_size=8))
    def test_the_parts_add_up_and_each_is_off_by_less_than_one(self, amount: int, weights: list[int]) -> None:
        parts = money.shares(amount, weights)

        assert sum(parts) == amount
        if whole := sum(weights):
            pairs = zip(parts, weights, strict=True)
            assert all(abs(part * whole - amount * weight) < whole for part, weight in pairs)

    def test_an_odd_cent_goes_where_most_was_rounded_away(self) -> None:
        assert money.shares(100, [1, 1, 1]) == [34, 33, 33]
        assert money.shares(-100, [2, 1]) == [-67, -33]
        assert money.shares(5, [0, 0]) == [5, 0]


class TestForms:
    def test_a_form_of_terms_is_read(self) -> None:
        read = terms_request.read_terms(
            {"price": "20.00", "allocation": " 90 "}, ticket_type_id=uuid4(), currency="USD"
        )

        assert read == Terms(price=2_000, allocation=90)

    def test_all_that_is_wrong_is_named_at_once_and_nothing_typed_is_lost(self) -> None:
        kind = uuid4()

        read = terms_request.read_terms({"price": "x"}, ticket_type_id=kind, currency="JPY")

        assert isinstance(read, Faults)
        assert (read.form, set(read.said)) == (str(kind), {"price", "allocation"})
        assert read.typed == {"price": "x", "allocation": ""}
        assert "2000" in read.said["price"]

    @pytest.mark.parametrize("refusal", TermsRefusal)
    def test_every_refusal_stands_beside_a_field(self, refusal: TermsRefusal) -> None:
        terms = Terms(price=2_000, allocation=9)

        faults = terms_request.refused(
            refusal, terms, ticket_type_id=uuid4(), currency="USD", taken=5, room=8, lowest=50
        )

        assert set(faults.said) <= {"price", "allocation"}
        assert faults.typed == {"price": "20.00", "allocation": "9"}

    @pytest.mark.parametrize(
        ("typed", "agrees"),
        [
            ("the midnight owls", True),
            ("  The  Midnight\tOwls ", True),
            ("The Midnight Owl", False),
            ("", False),
        ],
    )
    def test_a_title_is_typed_give_or_take_capitals_and_spaces(self, typed: str, agrees: bool) -> None:
        assert terms_request.confirms(typed, "The Midnight Owls") is agrees

    def test_what_is_no_ticket_names_none_of_ours(self) -> None:
        known = uuid4()

        asked = refund_request.read([str(known), "x", ""], "2200")

        assert asked.tickets == {known, UUID(int=0)}
        assert asked.total == 2_200

    def test_a_refund_is_previewed_with_and_without_the_fee(self) -> None:
        splits = [Split(base=2_000, fee=200, currency="USD"), Split(base=3_500, fee=200, currency="USD")]

        returned = refund_request.preview(splits, return_fee=True, currency="USD")
        kept = refund_request.preview(splits, return_fee=False, currency="USD")

        assert (returned.base, returned.fee, returned.total) == (5_500, 400, 5_900)
        assert (kept.fee, kept.total) == (0, 5_500)


class TestTables:
    @pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
    def test_what_somebody_named_is_never_a_formula(self, name: str) -> None:
        text = csv_files.text_of(csv_files.settlement(a_statement(name)))

        [_, line, *_] = list(csv.reader(io.StringIO(text, newline="")))
        assert line[1] == f"'{name}"

    @given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40))
    def test_any_name_comes_back_out_of_the_table(self, name: str) -> None:
        text = csv_files.text_of(csv_files.settlement(a_statement(name)))

        [_, line, *_] = list(csv.reader(io.StringIO(text, newline="")))
        assert line[1].removeprefix("'") == name.removeprefix("'") or line[1] == f"'{name}"

    def test_negative_amounts_stay_numbers(self) -> None:
        [_, line, _] = csv.reader(io.StringIO(csv_files.text_of(csv_files.settlement(a_statement("GA")))))

        assert line[9:11] == ["-2000", "-20.00"]

    def test_a_payout_is_a_row(self) -> None:
        payout = PayoutShown(
            id="po_1",
            amount=-500,
            currency="USD",
            arrives_at=datetime(2026, 11, 22, tzinfo=UTC),
            state=money_words.payout("paid"),
            failure="",
        )

        assert csv_files.text_of(csv_files.payouts([payout])).splitlines()[1] == (
            "po_1,2026-11-22,Paid out,USD,-500,-5.00"
        )


def a_statement(name: str) -> Statement:
    amounts = Amounts(sales=4_000, fees=400, refunds=-2_000, fees_returned=-200)
    line = Line(name=name, sold=2, refunded=1, lost=0, amounts=amounts)
    return Statement(
        currency="USD", lines=(line,), unallocated=Amounts(), late=Amounts(), movements=2, owed=0, made_good=0
    )
