/* Two pictures side by side: what is done to one is done to the other, at the same place, until people part them. */

import { watchGestures } from "./patient_gestures.js";
import { watchTools } from "./patient_tools.js";
import { Zoom } from "./patient_zoom.js";

const viewer = document.querySelector(".viewer");

function start() {
  const zooms = [...viewer.querySelectorAll(".stage")].map((stage) => new Zoom(stage));
  const link = viewer.querySelector("[data-link]");
  let active = zooms[0];
  let isLinked = true;

  const moved = () => (isLinked ? zooms : [active]);

  const acts = {
    by: (factor, x, y) => moved().forEach((each) => each.by(factor, x, y)),
    move: (x, y) => moved().forEach((each) => each.move(x, y)),
    all: () => moved().forEach((each) => each.all()),
    isEnlarged: () => moved().some((each) => each.isEnlarged),
    trueness: () => active.trueness,
  };
  const say = watchTools(viewer, acts, () => document.getElementById("back").click());

  link.addEventListener("click", () => {
    isLinked = !isLinked;
    link.setAttribute("aria-pressed", String(isLinked));
  });

  for (const zoom of zooms) {
    const choose = () => {
      active = zoom;
      say();
    };
    zoom.stage.addEventListener("pointerdown", choose);
    zoom.stage.addEventListener("focus", choose);
    zoom.picture?.addEventListener("load", say);
    watchGestures(zoom.stage, {
      by(factor, x, y) {
        active = zoom;
        acts.by(factor, x, y);
        say();
      },
      move: acts.move,
      flip(x, y) {
        if (acts.isEnlarged()) {
          acts.all();
        } else {
          acts.by(Math.max(2, 1 / zoom.trueness), x, y);
        }
        say();
      },
    });
  }
  addEventListener("resize", say);
  say();
  zooms[0].stage.focus({ preventScroll: true });
}

if (viewer) {
  start();
}
