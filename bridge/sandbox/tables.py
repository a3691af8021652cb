"""The chart's tables. Columns stand in the order in which the API shows them; ids are never used twice."""

from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData()


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer, primary_key=True)


def _of(name: str, table: str, *, optional: bool = False) -> sa.Column[int]:
    """A link to another table's row; the row goes when that one is deleted (contract/tscharts.md, surprise 25)."""
    return sa.Column(name, sa.ForeignKey(f"{table}.id", ondelete="CASCADE"), nullable=optional)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, default="")


def _table(name: str, *columns: sa.Column[Any]) -> sa.Table:
    return sa.Table(name, metadata, _id(), *columns, sqlite_autoincrement=True)


users = _table(
    "users",
    sa.Column("username", sa.Text, nullable=False),
    sa.Column("password", sa.Text, nullable=False),
    sa.Column("pin", sa.Text),
    sa.Column("active", sa.Boolean, nullable=False, default=True),
    sa.Column("token", sa.Text, nullable=False),
)

clinics = _table(
    "clinics",
    sa.Column("start", sa.Date, nullable=False),
    sa.Column("end", sa.Date, nullable=False),
    sa.Column("location", sa.Text, nullable=False),
    sa.Column("covers_today", sa.Boolean, nullable=False, default=False),
)

stations = _table(
    "stations",
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("level", sa.Integer, nullable=False, default=1),
)

clinicstations = _table(
    "clinicstations",
    _text("name"),
    _text("name_es"),
    _of("clinic", "clinics"),
    _of("station", "stations"),
    sa.Column("active", sa.Boolean, nullable=False, default=False),
    sa.Column("level", sa.Integer),
    sa.Column("away", sa.Boolean, nullable=False, default=True),
    sa.Column("awaytime", sa.Integer, nullable=False, default=30),
    sa.Column("willreturn", sa.Text, nullable=False),
    sa.Column("activepatient", sa.ForeignKey("patients.id", ondelete="SET NULL")),
    sa.Column("nextpatient", sa.ForeignKey("patients.id", ondelete="SET NULL")),
    sa.Column("finished", sa.Boolean, nullable=False, default=False),
)

patients = _table(
    "patients",
    _text("paternal_last"),
    _text("maternal_last"),
    _text("first"),
    _text("middle"),
    _text("suffix"),
    _text("prefix"),
    sa.Column("dob", sa.Date, nullable=False),
    sa.Column("gender", sa.Text, nullable=False),
    _text("street1"),
    _text("street2"),
    _text("city"),
    _text("colonia"),
    _text("state"),
    _text("phone1"),
    _text("phone2"),
    _text("email"),
    _text("emergencyfullname"),
    _text("emergencyphone"),
    _text("emergencyemail"),
    _text("curp"),
    sa.Column("oldid", sa.Integer, nullable=False, default=-1),
)

registrations = _table(
    "registrations",
    _of("clinic", "clinics"),
    _of("patient", "patients"),
    sa.Column("timein", sa.Text, nullable=False),
    sa.Column("timeout", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False, default="Checked In"),
)

consents = _table(
    "consents",
    _of("registration", "registrations"),
    _of("patient", "patients"),
    _of("clinic", "clinics"),
    sa.Column("general_consent", sa.Boolean, nullable=False, default=False),
    sa.Column("photo_consent", sa.Boolean, nullable=False, default=False),
)

routing_slips = _table(
    "routing_slips",
    _of("patient", "patients"),
    _of("clinic", "clinics"),
    _text("category"),
)

xrays = _table(
    "xrays",
    _of("clinic", "clinics"),
    _of("patient", "patients"),
    sa.Column("time", sa.Date, nullable=False),
    sa.Column("xray_type", sa.Text, nullable=False, default="full"),
    sa.Column("mouth_type", sa.Text, nullable=False, default="child"),
    sa.Column("teeth", sa.Integer, nullable=False, default=0),
)

images = _table(
    "images",
    _of("patient", "patients"),
    _of("clinic", "clinics", optional=True),
    _of("station", "stations", optional=True),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("data", sa.Text),
    sa.Column("saved", sa.Text, nullable=False),
    sa.Column("place", sa.Integer),
)
