/* What fingers, mouse and wheel do on a stage: `by(factor, x, y)`, `move(x, y)`, `swipe(direction)`, `flip(x, y)`. */

const SWIPE_PIXELS = 48;
const SWIPE_MILLISECONDS = 700;
const WHEEL_STEP = 0.0016;
const WHEEL_LINE_PIXELS = 16;

function middleOf(points) {
  const sum = points.reduce((so, each) => ({ x: so.x + each.x, y: so.y + each.y }), { x: 0, y: 0 });
  return { x: sum.x / points.length, y: sum.y / points.length };
}

function reachOf(points) {
  return points.length < 2 ? 0 : Math.hypot(points[0].x - points[1].x, points[0].y - points[1].y);
}

/** Tells `handler` what is done on the stage; points are from its middle. */
export function watchGestures(stage, handler) {
  const down = new Map();
  let start = null;

  function pointOf(event) {
    const box = stage.getBoundingClientRect();
    return { x: event.clientX - box.left - box.width / 2, y: event.clientY - box.top - box.height / 2 };
  }

  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) {
      return;
    }
    const point = pointOf(event);
    down.set(event.pointerId, point);
    stage.setPointerCapture(event.pointerId);
    start = down.size === 1 ? { ...point, at: event.timeStamp } : null;
  });

  stage.addEventListener("pointermove", (event) => {
    if (!down.has(event.pointerId)) {
      return;
    }
    const before = [...down.values()];
    down.set(event.pointerId, pointOf(event));
    const after = [...down.values()];
    const [from, to] = [middleOf(before), middleOf(after)];
    if (after.length > 1 && reachOf(before) > 0) {
      handler.by(reachOf(after) / reachOf(before), from.x, from.y);
    }
    handler.move(to.x - from.x, to.y - from.y);
  });

  function up(event) {
    const point = down.get(event.pointerId);
    down.delete(event.pointerId);
    if (!point || !start || event.type !== "pointerup") {
      return;
    }
    const [x, y] = [point.x - start.x, point.y - start.y];
    const isQuick = event.timeStamp - start.at < SWIPE_MILLISECONDS;
    if (isQuick && Math.abs(x) > SWIPE_PIXELS && Math.abs(x) > 2 * Math.abs(y)) {
      handler.swipe?.(x < 0 ? 1 : -1);
    }
    start = null;
  }
  stage.addEventListener("pointerup", up);
  stage.addEventListener("pointercancel", up);

  stage.addEventListener("dblclick", (event) => {
    const point = pointOf(event);
    handler.flip(point.x, point.y);
  });

  stage.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const point = pointOf(event);
      const way = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? WHEEL_LINE_PIXELS : 1);
      handler.by(Math.exp(-way * WHEEL_STEP * (event.ctrlKey ? 4 : 1)), point.x, point.y);
    },
    { passive: false },
  );
}
