"""Takes images away from the chart for people: what is just being moved stays, and what was kept of one goes along."""

from collections.abc import Callable

from bridge.charting.access import Caller
from bridge.charting.chart_reader import no_image, not_signed_in, odd_answer
from bridge.charting.charts import Chart
from bridge.charting.deleting import Deletions
from bridge.charting.move_chain import check_not_moving
from bridge.charting.refusals import RefusedError
from bridge.charting.thumbnails import Thumbnails
from bridge.photos import MoveStore
from bridge.tscharts import RelayAnswer, RelayRequest

_DELETED_IN_A_MOVE = (
    "Image %(image)s is deleted, but just then somebody began to move it to patient %(patient)s (move %(move)s), so "
    "the picture may be there; look at that patient's pictures."
)


class Removals:
    """Deletes images, with a reason; for any thread."""

    def __init__(self, deletions: Deletions, moves: MoveStore, thumbnails: Thumbnails) -> None:
        self._deletions = deletions
        self._moves = moves
        self._thumbnails = thumbnails

    def remove(self, chart: Chart, caller: Caller, authorization: str, image_id: int, reason: str) -> None:
        """Delete an image for ever, with the token in the header `authorization`; `caller` is who is noted.

        Raises RefusedError: 401, 404 when it is not there, 409 while it is being moved, or when it was deleted while
        somebody began to move it, 502; ChartError, StoreError.
        """
        known = {move.id for move in self._moves.moves_from(chart.key, image_id)}
        check_not_moving(self._moves, chart.key, image_id)
        look, do = _requests(chart, authorization, image_id)
        with self._deletions.delete(chart, caller, image_id, look, do, reason) as answer:
            status = answer.status
        if status == 401:
            raise not_signed_in()
        if status not in (200, 404):
            raise odd_answer()
        self._thumbnails.forget(chart, image_id)
        if status == 404:
            raise no_image()
        for move in self._moves.moves_from(chart.key, image_id):
            if move.id not in known:
                patient = move.wanted.to_patient
                raise RefusedError(409, _DELETED_IN_A_MOVE, image=image_id, patient=patient, move=move.id)


def _requests(chart: Chart, authorization: str, image_id: int) -> tuple[RelayRequest, Callable[[], RelayAnswer]]:
    path = f"image/{image_id}/"
    headers = (("Authorization", authorization), ("Accept", "application/json"))
    return RelayRequest("GET", path, headers), lambda: chart.relay.open(RelayRequest("DELETE", path, headers))
