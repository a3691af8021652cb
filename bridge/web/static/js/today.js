/* Today, live: the bridge sends what has changed, and this puts it into the page. */

const MOST_LINES = 60;
const PLOTS_MS = 5000;
const LEAST_MS = 2500;
const RETRY_MS = 15000;
const FALLBACK = "–";

const live = document.querySelector("#live");
const body = document.querySelector("#lines tbody");
const words = document.querySelector("#words");
let plotsAt = 0;
let plotsTimer = 0;

function word(kind, value) {
  const found = [...words.children].find((each) => each.dataset[kind] === value);
  return found ? found.textContent : value;
}

function show(isLive) {
  for (const each of live.children) {
    each.hidden = (each.dataset.when === "on") !== isLive;
  }
  live.dataset.state = isLive ? "on" : "off";
}

function rowOf(id) {
  const known = body.querySelector(`tr[data-photo="${Number(id)}"]`);
  if (known) {
    return known;
  }
  const row = document.querySelector("#line").content.firstElementChild.cloneNode(true);
  row.dataset.photo = id;
  row.classList.add("new");
  const later = [...body.rows].find((each) => Number(each.dataset.photo) < id);
  body.insertBefore(row, later ?? null);
  return row;
}

function put(line) {
  const row = rowOf(line.id);
  row.dataset.state = line.state;
  row.querySelector(".id").textContent = line.id;
  row.querySelector(".at").textContent = line.at;
  row.querySelector(".kind").textContent = word("type", line.type);
  row.querySelector(".station").textContent = line.station || FALLBACK;
  row.querySelector(".stands").textContent = word("state", line.state);
}

function number(selector, value) {
  const place = document.querySelector(selector);
  if (place.textContent !== String(value)) {
    place.textContent = value;
  }
}

function take(told) {
  if (told.day !== live.dataset.day) {
    if (told.day > live.dataset.day) {
      location.reload();
    }
    return;
  }
  for (const state of ["queued", "sending", "delivered", "held"]) {
    number(`[data-count="${state}"]`, told.counts[state]);
  }
  const waiting = told.earlier.queued + told.earlier.sending;
  number('[data-earlier="queued"]', waiting);
  number('[data-earlier="held"]', told.earlier.held);
  document.querySelector("#earlier").hidden = waiting + told.earlier.held === 0;
  const trouble = document.querySelector("#trouble");
  trouble.querySelector("[data-said]").textContent = told.trouble;
  trouble.hidden = told.trouble === "";
  for (const line of [...told.lines].reverse()) {
    put(line);
  }
  while (body.rows.length > MOST_LINES) {
    body.deleteRow(-1);
  }
  document.querySelector("#lines").hidden = body.rows.length === 0;
  document.querySelector("#none").hidden = body.rows.length !== 0;
}

/* The plots are drawn by the bridge, at most every other second for all pages together: asked for sooner, they may be
   from before the change. */
function plotsSoon() {
  if (plotsTimer === 0) {
    plotsTimer = setTimeout(plots, Math.max(LEAST_MS, plotsAt + PLOTS_MS - Date.now()));
  }
}

async function plots() {
  plotsTimer = 0;
  plotsAt = Date.now();
  const response = await fetch(live.dataset.plots, { credentials: "same-origin" }).catch(() => null);
  if (!response?.ok) {
    return;
  }
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("#plots");
  const old = document.querySelector("#plots");
  if (!fresh || old.contains(document.activeElement)) {
    return;
  }
  const open = [...old.querySelectorAll("details")].map((each) => each.open);
  [...fresh.querySelectorAll("details")].forEach((each, index) => {
    each.open = open[index] ?? false;
  });
  old.replaceWith(document.adoptNode(fresh));
}

let source = null;
let isFresh = true;

function listen() {
  source?.close();
  source = new EventSource(live.dataset.live);
  source.addEventListener("open", () => show(true));
  source.addEventListener("message", (event) => {
    take(JSON.parse(event.data));
    if (!isFresh) {
      plotsSoon();
    }
    isFresh = false;
  });
  source.addEventListener("error", () => {
    show(false);
    if (source.readyState === EventSource.CLOSED) {
      setTimeout(listenIfSeen, RETRY_MS);
    }
  });
}

/* Browsers keep few connections to one bridge, so a page that nobody sees lets go of its own. */
function listenIfSeen() {
  if (document.visibilityState === "visible") {
    listen();
  } else {
    source?.close();
    show(false);
  }
}

/* Closed details are not printed, and a printed plot is to have its table. */
for (const [name, isOpen] of [["beforeprint", true], ["afterprint", false]]) {
  addEventListener(name, () => {
    for (const each of document.querySelectorAll("#plots details")) {
      each.open = isOpen;
    }
  });
}

document.addEventListener("visibilitychange", listenIfSeen);
listenIfSeen();
