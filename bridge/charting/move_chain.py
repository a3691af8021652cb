"""Which images are just being moved, and where one that was moved is now."""

from bridge.charting.refusals import RefusedError
from bridge.photos import Move, MoveState, MoveStore

_MOST_MOVES = 100


def check_not_moving(moves: MoveStore, chart: str, image_id: int) -> None:
    """Raises RefusedError (409) for an image of a chart that a move has in hand, as it was or as it is to be."""
    move = moves.move_in_hand(chart, image_id)
    if move is not None and move.state.is_under_way:
        raise just_moving(image_id, move)


def just_moving(image_id: int, move: Move) -> RefusedError:
    """The refusal for an image that a move has in hand."""
    said = "Image %(image)s is just being moved (move %(move)s); look how that ends, then ask again."
    return RefusedError(409, said, image=image_id, move=move.id)


def last_move(moves: MoveStore, chart: str, image_id: int) -> Move | None:
    """The last of the moves that began with this image of a chart, each with the image that the one before has made;
    None when the image was never moved. Raises StoreError.
    """
    last = None
    for _ in range(_MOST_MOVES):
        done = (each for each in moves.moves_from(chart, image_id) if each.state is MoveState.MOVED)
        after = next(done, None)
        if after is None or after.new_image_id is None:
            break
        last, image_id = after, after.new_image_id
    return last
