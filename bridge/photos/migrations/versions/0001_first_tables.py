"""The first tables: practices, photos, events, attempts, copies, receipts."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables. Data folders are only ever brought forward, so there is no way back."""
    op.create_table(
        "practices",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("guid", sa.String(length=20), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.Column("trouble_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="practices_key"),
        sa.UniqueConstraint("guid", name="practices_guid_once"),
    )
    op.create_table(
        "photos",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("practice", sa.String(length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("check_key", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("captured_at", sa.DateTime(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("hold_reason", sa.String(length=40), nullable=True),
        sa.Column("hold_sentence", sa.Text(), nullable=True),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.String(length=80), nullable=True),
        sa.Column("bytes_key", sa.String(length=64), nullable=False),
        sa.Column("offered", sa.Boolean(), nullable=False),
        sa.Column("assigned_patient", sa.Integer(), nullable=True),
        sa.Column("assigned_type", sa.String(length=20), nullable=True),
        sa.Column("assigned_clinic", sa.Integer(), nullable=True),
        sa.Column("assigned_station", sa.Integer(), nullable=True),
        sa.Column("mapping_version", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["practice"], ["practices.name"], name="photos_practice_of_practices"),
        sa.PrimaryKeyConstraint("id", name="photos_key"),
        sa.UniqueConstraint("practice", "name", "sha256", name="photos_practice_name_sha256_once"),
        sqlite_autoincrement=True,
    )
    op.create_index("photos_by_check_key", "photos", ["check_key"], unique=False)
    op.create_index("photos_by_state", "photos", ["state", "id"], unique=False)
    op.create_index(
        "photos_due",
        "photos",
        ["next_attempt_at", "id"],
        sqlite_where=sa.text("state = 'queued'"),
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index(
        "photos_offered",
        "photos",
        ["practice", "id"],
        sqlite_where=sa.text("offered = 1"),
        postgresql_where=sa.text("offered = true"),
    )
    op.create_table(
        "attempts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("photo_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("patient", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("clinic", sa.Integer(), nullable=True),
        sa.Column("station", sa.Integer(), nullable=True),
        sa.Column("data_sha256", sa.String(length=64), nullable=False),
        sa.Column("data_length", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(["photo_id"], ["photos.id"], name="attempts_photo_id_of_photos"),
        sa.PrimaryKeyConstraint("id", name="attempts_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("attempts_photo_id", "attempts", ["photo_id"], unique=False)
    op.create_table(
        "copies",
        sa.Column("photo_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("path", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["photo_id"], ["photos.id"], name="copies_photo_id_of_photos"),
        sa.PrimaryKeyConstraint("photo_id", "folder", name="copies_key"),
    )
    op.create_index(
        "copies_due",
        "copies",
        ["due_at"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("photo_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("from_state", sa.String(length=20), nullable=True),
        sa.Column("to_state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["photo_id"], ["photos.id"], name="events_photo_id_of_photos"),
        sa.PrimaryKeyConstraint("id", name="events_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("events_photo_id", "events", ["photo_id"], unique=False)
    op.create_table(
        "receipts",
        sa.Column("photo_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("chart", sa.Text(), nullable=False),
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.Column("patient", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("clinic", sa.Integer(), nullable=True),
        sa.Column("station", sa.Integer(), nullable=True),
        sa.Column("data_sha256", sa.String(length=64), nullable=False),
        sa.Column("data_length", sa.Integer(), nullable=False),
        sa.Column("read_back", sa.Boolean(), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["photo_id"], ["photos.id"], name="receipts_photo_id_of_photos"),
        sa.PrimaryKeyConstraint("photo_id", name="receipts_key"),
    )
    op.create_index("receipts_by_image", "receipts", ["chart", "image_id"], unique=True)
