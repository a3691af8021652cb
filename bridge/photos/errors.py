"""What can go wrong in the store."""

from bridge.errors import BridgeError


class StoreError(BridgeError):
    """The photo store could not be read or written; check the disk and its permissions."""


class StoreFullError(StoreError):
    """The disk with the photo store is full; free some space, photos then flow again by themselves."""


class StoreBusyError(StoreError):
    """The photo store is kept busy, perhaps by another program; try again, and stop what else uses the data folder."""


class MovedMeanwhileError(StoreBusyError):
    """Somebody else was just changing this photo; try again."""


class StoreAwayError(StoreBusyError):
    """The database of the photo store does not answer; photos flow again by themselves as soon as it does."""


class StoreDamagedError(StoreError):
    """The database `bridge.db` in the data folder is damaged; stop the bridge and restore it from a backup."""


class StoreNewerError(StoreError):
    """The data folder belongs to a newer version of the bridge; install that version, or use another data folder."""


class StoreInUseError(StoreError):
    """Another bridge already runs on this data folder; stop it first, or give this one its own `data_folder`."""


class NoSuchPhotoError(StoreError):
    """There is no photo with this number; list them with `tscharts-bridge photos list`."""


class WrongStateError(StoreError):
    """The photo is in a state that does not allow this."""


class ClaimLostError(WrongStateError):
    """This photo was taken over by another bridge, or by a person, while it was on its way here."""


class NoSuchMoveError(StoreError):
    """There is no move of an image with this number; check it."""


class MoveLostError(StoreError):
    """This move was taken over by another bridge while it was under way here."""


class RowConflictError(StoreError):
    """The store has this already, or not what it belongs to (a photo's practice); check the config and try again."""


class BytesMissingError(StoreError):
    """The photo's original bytes are not in the store any more."""
