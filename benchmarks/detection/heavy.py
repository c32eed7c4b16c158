"""The methods that need a forecasting library (`pip install -r benchmarks/detection/requirements.txt`).

A model per series is fitted once a week on the days before the judged ones and forecasts up to nine days:
daily fits would take days of computing for the same table. STL has no forecast; people look at the residual
of the newest days.
"""

import logging
import warnings
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np

from benchmarks.detection.labels import Array
from benchmarks.detection.methods import JUDGED, Judged, Method

HORIZON = 9
HISTORY = 112
RIVER_DAYS = 35
Forecast = Callable[[Array, date, int], tuple[Array, Array]]
"""(history of one series, its first day, horizon) -> (forecast, spread), both (horizon,)."""


class Weekly:
    """Fits a forecast per series every seventh day and judges the days in between with it."""

    def __init__(self, forecast: Forecast) -> None:
        self.forecast = forecast
        self.fitted_on: date | None = None
        self.mean = self.spread = np.zeros((0, 0))

    def judge(self, view: Array, first_day: date) -> Judged:
        """Standard deviations of the forecast above the forecast."""
        judged = first_day + timedelta(days=view.shape[1] - JUDGED)
        age = (judged - self.fitted_on).days if self.fitted_on else -1
        if not 0 <= age <= HORIZON - JUDGED or len(self.mean) != len(view):
            self.fitted_on, age = judged, 0
            past = view[:, -HISTORY - JUDGED : -JUDGED]
            start = judged - timedelta(days=past.shape[1])
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                both = [self.forecast(row, start, HORIZON) for row in past]
            self.mean, self.spread = (np.array(part) for part in zip(*both, strict=True))
        expected, spread = self.mean[:, age : age + JUDGED], self.spread[:, age : age + JUDGED]
        return (view[:, -JUDGED:] - expected) / (spread + 1e-9), expected


def prophet_forecast(past: Array, start: date, horizon: int) -> tuple[Array, Array]:
    """Prophet with weekly and monthly seasonality; the spread from its 95 % interval."""
    import pandas as pd  # type: ignore[import-not-found,import-untyped,unused-ignore]
    from prophet import Prophet  # type: ignore[import-not-found,import-untyped,unused-ignore]

    logging.getLogger("cmdstanpy").setLevel(logging.ERROR)
    frame = pd.DataFrame({"ds": pd.date_range(start, periods=len(past)), "y": past})
    model = Prophet(
        interval_width=0.95, weekly_seasonality=True, yearly_seasonality=False, daily_seasonality=False
    )
    model.add_seasonality("monthly", period=30.5, fourier_order=5)
    model.fit(frame)
    out = model.predict(
        pd.DataFrame({"ds": pd.date_range(start + timedelta(days=len(past)), periods=horizon)})
    )
    return out.yhat.to_numpy(), ((out.yhat_upper - out.yhat) / 1.96).to_numpy()


def statsforecast_model(make: Callable[[], Any]) -> Forecast:
    """A model of statsforecast with a season of seven days; the spread from its 95 % interval."""

    def forecast(past: Array, _: date, horizon: int) -> tuple[Array, Array]:
        if past.max() <= 0:
            return np.zeros(horizon), np.full(horizon, 1e-9)
        out = make().forecast(y=past, h=horizon, level=[95])
        return out["mean"], (out["hi-95"] - out["mean"]) / 1.96

    return forecast


def auto_ets() -> Any:
    from statsforecast.models import AutoETS  # type: ignore[import-not-found,import-untyped,unused-ignore]

    return AutoETS(season_length=7)


def mstl() -> Any:
    from statsforecast.models import MSTL, AutoETS  # type: ignore[import-not-found,import-untyped,unused-ignore]

    return MSTL(season_length=[7, 30], trend_forecaster=AutoETS(model="ZZN"))


def river_forecast(past: Array, _: date, horizon: int) -> tuple[Array, Array]:
    """River's online Holt-Winters; the spread of its own one-step errors.

    It multiplies and divides by the season, so it learns from the first cost on and never sees a 0; what is
    younger than five weeks then gets the mean of its last week.
    """
    from river.time_series import HoltWinters  # type: ignore[import-not-found,import-untyped,unused-ignore]

    known = past[int((past > 0).argmax()) :]
    if known[0] <= 0 or len(known) < RIVER_DAYS:
        return np.full(horizon, past[-7:].mean()), np.full(horizon, past[-28:].std())
    model = HoltWinters(alpha=0.3, beta=0.05, gamma=0.3, seasonality=7)
    errors = []
    for index, value in enumerate((known + 0.01).tolist()):
        if index > RIVER_DAYS - 7:
            errors.append(value - model.forecast(horizon=1)[0])
        model.learn_one(value)
    return np.array(model.forecast(horizon=horizon)), np.full(horizon, np.std(errors))


def stl_residual(view: Array, _: date) -> Judged:
    """Robust STL over the newest 91 days; median absolute deviations of its residual."""
    from statsmodels.tsa.seasonal import STL  # type: ignore[import-not-found,import-untyped,unused-ignore]

    score, expected = np.zeros((len(view), JUDGED)), np.zeros((len(view), JUDGED))
    for row, values in enumerate(view[:, -91:]):
        fit = STL(values, period=7, robust=True).fit()
        spread = 1.4826 * np.median(np.abs(fit.resid - np.median(fit.resid)))
        score[row] = fit.resid[-JUDGED:] / (spread + 1e-9)
        expected[row] = values[-JUDGED:] - fit.resid[-JUDGED:]
    return score, expected


def heavy_methods() -> tuple[Method, ...]:
    """Fresh instances: each keeps its forecasts of the week."""
    return (
        Method("STL residual", stl_residual, 3.0, ("statsmodels",)),
        Method("river Holt-Winters", Weekly(river_forecast).judge, 3.0, ("river",)),
        Method("AutoETS", Weekly(statsforecast_model(auto_ets)).judge, 3.0, ("statsforecast",)),
        Method("MSTL 7+30", Weekly(statsforecast_model(mstl)).judge, 3.0, ("statsforecast",)),
        Method("Prophet, monthly term", Weekly(prophet_forecast).judge, 3.0, ("prophet",)),
    )
