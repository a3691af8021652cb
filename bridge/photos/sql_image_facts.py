"""What is known of images in the charts, over SQL."""

from collections.abc import Collection, Iterable
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from bridge.photos.charts import chart_key
from bridge.photos.image_facts import ImageFacts, SentImage
from bridge.photos.image_tables import image_facts
from bridge.photos.sql_base import SqlTransactions
from bridge.photos.tables import photos, receipts

_IDS_AT_ONCE = 500
_WANTED: sa.BindParameter[Any] = sa.bindparam("wanted", expanding=True)
_OF_CHART: sa.BindParameter[Any] = sa.bindparam("of_chart")
_COLUMNS = [column for column in image_facts.c if column.name != "chart"]
_FACTS = sa.select(*_COLUMNS).where(image_facts.c.chart == _OF_CHART, image_facts.c.image_id.in_(_WANTED))
_FACTS_OF = sa.select(*_COLUMNS).where(
    image_facts.c.chart == _OF_CHART, image_facts.c.patient == sa.bindparam("of_patient")
)
_SENT = (
    sa.select(receipts.c.image_id, photos.c.id.label("photo_id"), photos.c.practice, photos.c.captured_at)
    .join(photos, photos.c.id == receipts.c.photo_id)
    .where(receipts.c.chart == _OF_CHART, receipts.c.image_id.in_(_WANTED))
)


class SqlImageFacts(SqlTransactions):
    """The methods of `bridge.photos.image_facts.ImageFactsStore`."""

    def image_facts(self, chart: str, image_ids: Collection[int]) -> dict[int, ImageFacts]:
        """See ImageFactsStore."""
        return {row.image_id: ImageFacts(**row._mapping) for row in self._of_images(_FACTS, chart, image_ids)}

    def image_facts_of(self, chart: str, patient: int) -> dict[int, ImageFacts]:
        """See ImageFactsStore."""
        with self.reading() as connection:
            rows = connection.execute(_FACTS_OF, {"of_chart": chart_key(chart), "of_patient": patient}).all()
        return {row.image_id: ImageFacts(**row._mapping) for row in rows}

    def remember_image(self, chart: str, facts: ImageFacts) -> None:
        """See ImageFactsStore."""
        values = {"chart": chart_key(chart), **asdict(facts)}
        is_this = sa.and_(image_facts.c.chart == values["chart"], image_facts.c.image_id == facts.image_id)
        with self.hurrying() as connection:
            self.take_turn(connection, f"image {facts.image_id} {values['chart']}")
            if not connection.execute(image_facts.update().where(is_this).values(values)).rowcount:
                connection.execute(image_facts.insert().values(values))

    def forget_images(self, chart: str, image_ids: Iterable[int]) -> None:
        """See ImageFactsStore."""
        gone = list(image_ids)
        for start in range(0, len(gone), _IDS_AT_ONCE):
            these = image_facts.c.image_id.in_(gone[start : start + _IDS_AT_ONCE])
            with self.hurrying() as connection:
                connection.execute(image_facts.delete().where(image_facts.c.chart == chart_key(chart), these))

    def sent_images(self, chart: str, image_ids: Collection[int]) -> dict[int, SentImage]:
        """See ImageFactsStore."""
        return {row.image_id: SentImage(**row._mapping) for row in self._of_images(_SENT, chart, image_ids)}

    def _of_images(self, wanted: sa.Select[Any], chart: str, image_ids: Collection[int]) -> list[sa.Row[Any]]:
        ids = list(image_ids)
        rows: list[sa.Row[Any]] = []
        with self.reading() as connection:
            for start in range(0, len(ids), _IDS_AT_ONCE):
                values = {"of_chart": chart_key(chart), "wanted": ids[start : start + _IDS_AT_ONCE]}
                rows += connection.execute(wanted, values).all()
        return rows
