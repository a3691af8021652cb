"""Does what people said to held photos, when the time to take it back is over."""

import logging

from bridge.photos import PendingStore, StoreError

_log = logging.getLogger(__name__)


def do_due_acts(store: PendingStore) -> None:
    """Do all that is due; one bridge of the store is to call it, every second. What fails is tried again."""
    for pending in store.due_acts():
        try:
            store.do_act(pending)
        except StoreError as error:
            _log.warning("event=act-not-done photo=%d act=%s reason=%r", pending.photo_id, pending.act, str(error))
