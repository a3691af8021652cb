"""What the charting doors remember, over SQL: audit records, image POSTs of the last hour, whose tokens are."""

import contextlib
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from bridge.photos.changes import now
from bridge.photos.charting_records import AuditRecord, KnownPost, PostState
from bridge.photos.charting_tables import POST_SENDING, audit, repeated_posts, token_names
from bridge.photos.charts import chart_key
from bridge.photos.sql_claims import LEASE_SECONDS, SqlClaims
from bridge.photos.sql_deeds import SqlDeeds

POST_SECONDS = 3600.0
"""How long a POST is remembered that nobody has in hand."""

_NEW_RECORD = audit.insert()
_NAME = sa.select(token_names.c.username).where(token_names.c.digest == sa.bindparam("of"))
_IN_HAND = repeated_posts.c.state == PostState.SENDING.value


class SqlCharting(SqlDeeds, SqlClaims):
    """The methods of `bridge.photos.charting_store.ChartingStore`."""

    def __init__(self) -> None:
        super().__init__()
        self._posts_in_hand: set[str] = set()

    def note(self, record: AuditRecord) -> None:
        """See ChartingStore."""
        self.note_all([record])

    def note_all(self, records: Sequence[AuditRecord]) -> None:
        """See ChartingStore."""
        if records:
            with self.writing() as connection:
                connection.execute(_NEW_RECORD, [_columns(record) for record in records])

    def begin_post(self, digest: str) -> KnownPost:
        """See ChartingStore."""
        asked = sa.select(
            repeated_posts.c.state,
            repeated_posts.c.image_id,
            repeated_posts.c.held_by,
            self.is_lost_post().label("is_lost"),
            self._is_old().label("is_old"),
        ).where(repeated_posts.c.digest == digest)
        with contextlib.ExitStack() as undo:
            with self.writing() as connection:
                self.take_turn(connection, f"post {digest}")
                row = connection.execute(asked).one_or_none()
                known = KnownPost(PostState.OURS) if row is None else _known(row, self._has_lost(digest, row))
                if known.state in (PostState.OURS, PostState.UNSETTLED):
                    self._put_post(connection, digest, PostState.SENDING)
                    self._posts_in_hand.add(digest)
                    undo.callback(self._posts_in_hand.discard, digest)
            undo.pop_all()
        return known

    def _has_lost(self, digest: str, row: sa.Row[Any]) -> bool:
        """Whether this bridge took a POST in hand and never heard that it had: the answer to the commit was lost."""
        return row.held_by == self.bridge_id and digest not in self._posts_in_hand

    def is_post_in_hand(self, digest: str) -> bool:
        """See ChartingStore."""
        wanted = sa.select(repeated_posts.c.digest).where(
            repeated_posts.c.digest == digest, _IN_HAND, sa.not_(self.is_lost_post())
        )
        with self.reading() as connection:
            return connection.execute(wanted).one_or_none() is not None

    def made_post(self, digest: str, image_id: int) -> None:
        """See ChartingStore. A power cut may undo it: then the POST is unsettled, and looked for in the chart."""
        self._posts_in_hand.discard(digest)
        with self.hurrying() as connection:
            self.take_turn(connection, f"post {digest}")
            self._put_post(connection, digest, PostState.MADE, image_id)

    def unsettled_post(self, digest: str) -> None:
        """See ChartingStore."""
        self._posts_in_hand.discard(digest)
        changed = repeated_posts.update().where(self._is_ours(digest))
        with self.hurrying() as connection:
            connection.execute(
                changed.values(state=PostState.UNSETTLED.value, lease_until=None, changed_at=self.clock())
            )

    def forget_post(self, digest: str) -> None:
        """See ChartingStore."""
        self._posts_in_hand.discard(digest)
        with self.hurrying() as connection:
            connection.execute(repeated_posts.delete().where(self._is_ours(digest)))

    def forget_posts_of(self, image_id: int) -> None:
        """See ChartingStore."""
        with self.hurrying() as connection:
            connection.execute(repeated_posts.delete().where(repeated_posts.c.image_id == image_id))

    def forget_old_posts(self) -> int:
        """See ChartingStore."""
        is_idle = sa.or_(sa.not_(_IN_HAND), self.is_lost_post())
        with self.hurrying() as connection:
            return connection.execute(repeated_posts.delete().where(self._is_old(), is_idle)).rowcount

    def token_name(self, digest: str) -> str | None:
        """See ChartingStore."""
        with self.reading() as connection:
            return connection.scalar(_NAME, {"of": digest})

    def learn_token_name(self, digest: str, username: str) -> None:
        """See ChartingStore."""
        if self.token_name(digest) == username:
            return
        values = {"username": username, "learned_at": now()}
        with self.writing() as connection:
            self.take_turn(connection, f"token {digest}")
            if connection.scalar(_NAME, {"of": digest}) is None:
                connection.execute(token_names.insert().values(digest=digest, **values))
            else:
                connection.execute(token_names.update().where(token_names.c.digest == digest).values(values))

    def is_lost_post(self) -> sa.ColumnElement[bool]:
        """Whether the bridge that has a POST in hand is gone. Where one has the store, every other is."""
        return repeated_posts.c.held_by != self.bridge_id

    def renew_posts(self, connection: sa.Connection, seconds: float = LEASE_SECONDS) -> None:
        """Say that this bridge has its POSTs in hand for so many seconds more; not those that it never heard it had."""
        in_hand = repeated_posts.c.digest.in_(list(self._posts_in_hand))
        own = repeated_posts.update().where(sa.text(POST_SENDING), repeated_posts.c.held_by == self.bridge_id, in_hand)
        connection.execute(own.values(lease_until=self.clock(seconds)))

    def let_posts_go(self, gone: list[str]) -> None:
        """What these bridges had in hand is unsettled now."""
        theirs = repeated_posts.update().where(sa.text(POST_SENDING), repeated_posts.c.held_by.in_(gone))
        with self.writing() as connection:
            connection.execute(theirs.values(state=PostState.UNSETTLED.value, lease_until=None))

    def _is_ours(self, digest: str) -> sa.ColumnElement[bool]:
        return sa.and_(repeated_posts.c.digest == digest, _IN_HAND, repeated_posts.c.held_by == self.bridge_id)

    def _is_old(self) -> sa.ColumnElement[bool]:
        """Whether nothing was heard of a POST for too long; also when a clock that was wrong once says much later."""
        at = repeated_posts.c.changed_at
        return sa.or_(at <= self.clock(-POST_SECONDS), at > self.clock(POST_SECONDS))

    def _put_post(self, connection: sa.Connection, digest: str, state: PostState, image_id: int | None = None) -> None:
        values = {
            "state": state.value,
            "image_id": image_id,
            "held_by": self.bridge_id,
            "lease_until": self.clock(LEASE_SECONDS) if state is PostState.SENDING else None,
            "changed_at": self.clock(),
        }
        changed = repeated_posts.update().where(repeated_posts.c.digest == digest).values(values)
        if not connection.execute(changed).rowcount:
            connection.execute(repeated_posts.insert().values(digest=digest, **values))


def _known(row: sa.Row[Any], is_lost: bool) -> KnownPost:
    state = PostState(row.state)
    if state is PostState.SENDING:
        return KnownPost(PostState.UNSETTLED if row.is_lost or is_lost else PostState.SENDING)
    if row.is_old:
        return KnownPost(PostState.OURS)
    return KnownPost(state, row.image_id)


def _columns(record: AuditRecord) -> dict[str, Any]:
    return {
        "at": record.at,
        "chart": chart_key(record.chart),
        "who": record.who,
        "token_mark": record.token_mark,
        "action": record.action,
        "image_id": record.image_id,
        "patient": record.patient,
        "photo_id": record.photo_id,
        "reason": record.reason,
    }
