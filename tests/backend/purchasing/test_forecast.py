"""Forecasts of demand, and the quantities to order."""

import pytest

from backend.purchasing.forecast import Forecast, Levels, forecast, levels, quantity_to_order


def test_steady_demand_is_forecast_without_error() -> None:
    assert forecast([7.0] * 26) == Forecast(weekly=7.0, deviation=0.0, weeks=26)


def test_the_forecast_follows_a_change_of_demand() -> None:
    expected = forecast([2.0] * 13 + [20.0] * 13)

    assert 19 < expected.weekly < 20
    assert expected.deviation > 0


def test_weeks_without_stock_are_ignored() -> None:
    assert forecast([None] * 10 + [8.0] * 6 + [None] * 6 + [8.0] * 4).weekly == 8.0


def test_a_variant_without_history_has_no_forecast_and_is_not_ordered() -> None:
    expected = forecast([None] * 26)
    wanted = levels(expected, lead_time_days=14, reorder_point=None, target_stock=None)

    assert expected == Forecast(0.0, 0.0, 0)
    assert quantity_to_order(0, wanted=wanted, pack_size=1) == 0


def test_levels_cover_lead_time_safety_and_four_weeks() -> None:
    wanted = levels(Forecast(7.0, 2.0, 26), lead_time_days=14, reorder_point=None, target_stock=None)

    # 7 × 2 weeks + 1.64 × 2 × √2 = 18.6; four more weeks of 7 units.
    assert wanted == Levels(reorder_point=19, target=19 + 28)


def test_the_levels_of_the_rule_take_precedence() -> None:
    wanted = levels(Forecast(7.0, 2.0, 26), lead_time_days=14, reorder_point=5, target_stock=12)

    assert wanted == Levels(reorder_point=5, target=12)


@pytest.mark.parametrize(
    ("position", "pack_size", "ordered"), [(11, 1, 0), (10, 1, 20), (3, 1, 27), (3, 12, 36), (0, 50, 50)]
)
def test_orders_fill_up_to_the_target_in_whole_packs(position: int, pack_size: int, ordered: int) -> None:
    wanted = Levels(reorder_point=10, target=30)

    assert quantity_to_order(position, wanted=wanted, pack_size=pack_size) == ordered
