"""What was learned about each chart server's largest request, over SQL."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from bridge.photos.charts import chart_key
from bridge.photos.records import LearnedLimit
from bridge.photos.sql_base import SqlTransactions
from bridge.photos.tables import chart_limits

_OF = sa.select(chart_limits).where(chart_limits.c.chart == sa.bindparam("of_chart"))


class SqlLimits(SqlTransactions):
    """The learned limits' methods of `bridge.photos.store.Store`."""

    def learned_limit(self, chart: str) -> LearnedLimit:
        """See Store."""
        with self.reading() as connection:
            return _limit(connection.execute(_OF, {"of_chart": chart_key(chart)}).one_or_none())

    def learn_limit(self, chart: str, change: Callable[[LearnedLimit], LearnedLimit]) -> bool:
        """See Store."""
        before = self.learned_limit(chart)
        if change(before) == before:
            return False
        with self.writing() as connection:
            self.take_turn(connection, f"limit {chart_key(chart)}")
            row = connection.execute(_OF.with_for_update(), {"of_chart": chart_key(chart)}).one_or_none()
            before = _limit(row)
            after = change(before)
            values = {"chart": chart_key(chart), **asdict(after)}
            if row is None:
                connection.execute(chart_limits.insert().values(values))
            else:
                connection.execute(chart_limits.update().where(chart_limits.c.chart == row.chart).values(values))
        return after != before


def _limit(row: sa.Row[Any] | None) -> LearnedLimit:
    if row is None:
        return LearnedLimit()
    return LearnedLimit(row.largest_taken_bytes, row.smallest_refused_bytes, row.refused_at, row.probed_at)
