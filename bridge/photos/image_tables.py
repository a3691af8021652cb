"""The table of what is known of images in the charts. It is part of `tables.metadata`."""

from sqlalchemy import Column, Index, Integer, String, Table, Text

from bridge.photos.tables import Number, metadata

image_facts = Table(
    "image_facts",
    metadata,
    Column("chart", Text, primary_key=True),
    Column("image_id", Number, primary_key=True, autoincrement=False),
    Column("patient", Number, nullable=False),
    Column("type", String(20), nullable=False),
    Column("clinic", Number),
    Column("station", Number),
    Column("media_type", String(100), nullable=False),
    Column("size_bytes", Number, nullable=False),
    Column("width", Integer),
    Column("height", Integer),
    Column("sha256", String(64), nullable=False),
    Index("image_facts_by_patient", "chart", "patient"),
)
"""By `charts.chart_key` of the chart's address. All of it can be asked of the chart again."""
