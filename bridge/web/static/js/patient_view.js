/* One picture, large: keys, fingers and buttons enlarge it, and go to the next one. */

import { watchGestures } from "./patient_gestures.js";
import { watchTools } from "./patient_tools.js";
import { Zoom } from "./patient_zoom.js";

const viewer = document.querySelector(".viewer");
const stage = document.getElementById("stage");
const zoom = new Zoom(stage);

/** To the older picture (1), or to the newer one (-1); nothing where there is none. */
function turn(direction) {
  document.getElementById(direction > 0 ? "older" : "newer")?.click();
}

const say = watchTools(
  viewer,
  {
    by: (factor) => zoom.by(factor),
    all: () => zoom.all(),
    move: (x, y) => zoom.move(x, y),
    isEnlarged: () => zoom.isEnlarged,
    trueness: () => zoom.trueness,
    turn,
  },
  () => document.getElementById("back").click(),
);

let hadRoom = false;
stage.addEventListener("pointerdown", () => {
  hadRoom = zoom.isEnlarged;
});

watchGestures(stage, {
  by(factor, x, y) {
    zoom.by(factor, x, y);
    say();
  },
  move: (x, y) => zoom.move(x, y),
  swipe(direction) {
    if (!hadRoom && !zoom.isEnlarged) {
      turn(direction);
    }
  },
  flip(x, y) {
    if (zoom.isEnlarged) {
      zoom.all();
    } else {
      zoom.by(Math.max(2, 1 / zoom.trueness), x, y);
    }
    say();
  },
});

zoom.picture?.addEventListener("load", say);
addEventListener("resize", say);
say();
stage.focus({ preventScroll: true });
