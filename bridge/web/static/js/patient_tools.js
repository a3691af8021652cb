/* The buttons and keys that enlarge what stands in a viewer. */

const STEP = 1.4;
const WAY_PIXELS = 80;
const ARROWS = {
  ArrowLeft: [1, 0],
  ArrowRight: [-1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

/** Whether a key was meant for what it was pressed in, or for the browser. */
function isTaken(event) {
  return event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select");
}

/** `acts`: `by(factor)`, `all()`, `move(x, y)`, `isEnlarged()`, `trueness()`, and `turn(direction)` where there are
 *  others to turn to. Gives a function that says how large it is. Letters count only inside the viewer, as people may
 *  speak to their computer; Esc and arrows everywhere. */
export function watchTools(viewer, acts, leave) {
  const tools = viewer.querySelector("[data-zoom-tools]");
  const said = tools.querySelector("[data-zoom-said]");
  const steps = { in: () => acts.by(STEP), out: () => acts.by(1 / STEP), all: () => acts.all() };
  const keys = { "+": steps.in, "=": steps.in, "-": steps.out, 0: steps.all };

  function say() {
    said.textContent = `${Math.round(acts.trueness() * 100)} %`;
  }

  for (const button of tools.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", () => {
      steps[button.dataset.zoom]();
      say();
    });
  }

  function arrow(key) {
    const [x, y] = ARROWS[key];
    if (acts.isEnlarged()) {
      acts.move(x * WAY_PIXELS, y * WAY_PIXELS);
    } else if (x && acts.turn) {
      acts.turn(-x);
    } else {
      return false;
    }
    return true;
  }

  document.addEventListener("keydown", (event) => {
    if (isTaken(event)) {
      return;
    }
    if (event.key === "Escape") {
      if (acts.isEnlarged()) {
        acts.all();
      } else {
        leave();
      }
    } else if (event.key in ARROWS) {
      if (!arrow(event.key)) {
        return;
      }
    } else if (Object.hasOwn(keys, event.key) && viewer.contains(document.activeElement)) {
      keys[event.key]();
    } else {
      return;
    }
    event.preventDefault();
    say();
  });

  tools.hidden = false;
  return say;
}
