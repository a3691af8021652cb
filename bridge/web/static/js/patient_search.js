/* Searches while somebody types. Only the answer to what was typed last is ever shown. */

import { csrf } from "./base.js";
import { pageAt, refusalOf, takeOver } from "./patient_parts.js";

const PAUSE_MILLISECONDS = 160;

const form = document.querySelector("form[data-search]");
const field = form.elements.q;
const found = document.getElementById("found");
const said = document.getElementById("said");

/** What `found` shows the answer to; null after none came. */
let shown = field.value.trim();
let wanted = shown;
let asking = null;
let pause = 0;
let looking = Promise.resolve();

function addressOf(text) {
  const address = new URL(form.action);
  if (text) {
    address.searchParams.set("q", text);
  }
  return address;
}

/** With the tab, so that going back shows it again to who was signed in. An address would stay in the browser for whoever
 *  uses it next. */
function remember(text) {
  history.replaceState({ searched: text, session: csrf() }, "", form.action);
}

function showNobody(why) {
  found.replaceChildren();
  said.textContent = why;
  shown = null;
}

function show(page, text) {
  const answer = page.getElementById("found");
  if (answer) {
    takeOver(found, answer);
    said.textContent = page.getElementById("said").textContent.trim();
    shown = text;
  } else {
    showNobody(refusalOf(page));
  }
  remember(text);
}

async function look(text) {
  asking?.abort();
  const own = new AbortController();
  asking = own;
  found.setAttribute("aria-busy", "true");
  try {
    const page = await pageAt(addressOf(text), own.signal);
    if (page && asking === own) {
      show(page, text);
    }
  } catch (error) {
    if (error.name !== "AbortError") {
      showNobody(form.dataset.away);
    }
  } finally {
    if (asking === own) {
      found.removeAttribute("aria-busy");
    }
  }
}

function lookSoon(milliseconds) {
  wanted = field.value.trim();
  clearTimeout(pause);
  if (wanted === shown) {
    asking?.abort();
    asking = null;
    found.removeAttribute("aria-busy");
    return;
  }
  pause = setTimeout(() => {
    looking = look(wanted);
  }, milliseconds);
}

function links() {
  return [...found.querySelectorAll("a.found")];
}

function step(event, by) {
  const all = links();
  const at = all.indexOf(document.activeElement) + by;
  if (all.length && (document.activeElement === field || at - by >= 0)) {
    event.preventDefault();
    (at < 0 ? field : all[Math.min(at, all.length - 1)]).focus();
  }
}

/** Enter opens the only one who was found; of several, the first one waits for another Enter. Nobody is opened but by an
 *  answer to what stands in the field. */
async function enter(event) {
  event.preventDefault();
  clearTimeout(pause);
  if (field.value.trim() !== shown) {
    wanted = field.value.trim();
    looking = look(wanted);
  }
  await looking;
  if (field.value.trim() !== shown) {
    return;
  }
  const all = links();
  if (all.length === 1) {
    all[0].click();
  } else {
    all[0]?.focus();
  }
}

field.addEventListener("input", (event) => {
  if (!event.isComposing) {
    lookSoon(PAUSE_MILLISECONDS);
  }
});
field.addEventListener("compositionend", () => lookSoon(PAUSE_MILLISECONDS));

form.parentElement.addEventListener("keydown", (event) => {
  const isOurs = event.target === field || event.target.closest?.("#found");
  if (!isOurs || event.isComposing || event.altKey || event.ctrlKey || event.metaKey) {
    return;
  }
  if (event.key === "ArrowDown") {
    step(event, 1);
  } else if (event.key === "ArrowUp") {
    step(event, -1);
  } else if (event.key === "Enter" && event.target === field) {
    enter(event);
  }
});
form.addEventListener("submit", enter);

if (shown) {
  remember(shown);
} else if (history.state?.searched && history.state.session === csrf()) {
  field.value = history.state.searched;
  lookSoon(0);
}
