"""What can go wrong in the store."""

from bridge.errors import BridgeError


class StoreError(BridgeError):
    """The photo store could not be read or written; check the disk and its permissions."""


class StoreFullError(StoreError):
    """The disk with the photo store is full; free some space, photos then flow again by themselves."""


class StoreInUseError(StoreError):
    """Another bridge already runs on this data folder; stop it first, or give this one its own `data_folder`."""


class NoSuchPhotoError(StoreError):
    """There is no photo with this number; list them with `tscharts-bridge photos list`."""


class WrongStateError(StoreError):
    """The photo is in a state that does not allow this."""


class BytesMissingError(StoreError):
    """The photo's original bytes are not in the store any more."""
