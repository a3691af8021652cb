/* Held photos by keys alone: each key stands on what it presses. Everything works without this, a click at a time. */

import { ask } from "./base.js";

const held = document.querySelector(".held");
const box = document.querySelector("#q");
const found = document.querySelector("#found");
const patients = document.querySelector("#patients");
const KEYS = "held-keys";
const WAIT_MS = 250;

/* ---- Keys */

function keysAreOn() {
  try {
    return localStorage.getItem(KEYS) !== "off";
  } catch {
    return true;
  }
}

function keep(state) {
  try {
    localStorage.setItem(KEYS, state);
  } catch {
    /* Where nothing can be kept, it holds for this page. */
  }
}

function isWriting(target) {
  return target.matches?.("textarea, select, input:not([type=radio], [type=checkbox])");
}

function press(control) {
  if (control.matches("input[type=radio]")) {
    control.closest("details")?.setAttribute("open", "");
    control.checked = true;
    control.focus();
    return;
  }
  control.click();
  if (control.matches("summary")) {
    control.parentElement.querySelector("input[type=radio]")?.focus();
  }
}

function onKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) {
    return;
  }
  if (event.key === "Escape" && isWriting(event.target)) {
    event.target.blur();
    return;
  }
  if (isWriting(event.target) || !keysAreOn()) {
    return;
  }
  if (event.key === "/" && box) {
    event.preventDefault();
    box.select();
    return;
  }
  if (event.key === "Enter" && !event.target.closest("button, a, summary, details, .undo")) {
    event.preventDefault();
    if (!event.repeat) {
      file();
    }
    return;
  }
  const control = [...document.querySelectorAll("[data-key]")].find((each) => each.dataset.key === event.key.toLowerCase());
  if (control && !event.repeat) {
    event.preventDefault();
    press(control);
  }
}

function file() {
  const form = document.querySelector("#assign");
  form?.requestSubmit(document.querySelector("#file-it"));
}

/* Each key stands on what it presses, for as long as keys do something. */
function showKeys() {
  document.documentElement.classList.toggle("with-keys", keysAreOn());
}

/* ---- A form goes once: what is pressed twice would be said of the photo twice. */

function onSubmit(event) {
  if (event.target.method !== "post") {
    return;
  }
  if (event.target.dataset.sent) {
    event.preventDefault();
  }
  event.target.dataset.sent = "yes";
}

/* ---- Looking for another patient */

let asked = 0;
let timer = 0;

/** Whether what is shown now is the answer to what stands in the box. */
async function look() {
  const text = box.value.trim();
  const number = ++asked;
  let people = [];
  let sentence = "";
  if (text.length > 1 || /^[0-9]$/.test(text)) {
    try {
      const answer = await ask(`${held.dataset.search}?q=${encodeURIComponent(text)}`);
      people = answer.patients;
      sentence = people.length ? found.dataset.some : answer.hint || found.dataset.none;
    } catch (error) {
      sentence = error.message;
    }
  }
  if (number === asked) {
    show(people, sentence);
  }
  return number === asked && text === box.value.trim();
}

function show(people, sentence) {
  patients.querySelectorAll(".found:not(:has(:checked))").forEach((each) => each.remove());
  const known = new Set([...patients.querySelectorAll("input")].map((each) => each.value));
  const fresh = people.filter((each) => !known.has(String(each.id)));
  patients.prepend(...fresh.map(row));
  found.textContent = sentence;
  patients.dataset.first = people.length ? String(people[0].id) : "";
}

function row(person) {
  const made = document.querySelector("#person").content.cloneNode(true).firstElementChild;
  const [name, rest] = made.querySelectorAll(".person-words > *");
  made.querySelector("input").value = person.id;
  name.textContent = person.name;
  rest.textContent = [person.id, person.born].filter(Boolean).join(" · ");
  if (person.headshot) {
    const face = made.querySelector("img");
    face.src = held.dataset.headshots.replace(/0$/, person.headshot);
    face.hidden = false;
    made.querySelector(".no-face").remove();
  }
  return made;
}

async function onBoxKey(event) {
  if (event.key === "Enter" && !event.isComposing && box.value.trim()) {
    event.preventDefault();
    clearTimeout(timer);
    if (await look()) {
      choose(patients.dataset.first);
    }
  } else if (event.key === "ArrowDown") {
    event.preventDefault();
    patients.querySelector("input")?.focus();
  }
}

function choose(id) {
  const first = id && [...patients.querySelectorAll("input")].find((each) => each.value === id);
  if (first) {
    press(first);
    box.value = "";
  }
}

/* ---- What is said can be undone for as long as this says */

function countDown() {
  const since = performance.now();
  const forms = [...document.querySelectorAll(".undo form[data-seconds]")];
  const tick = () => {
    forms.forEach((form) => {
      const left = Math.ceil(Number(form.dataset.seconds) - (performance.now() - since) / 1000);
      form.querySelector(".left").textContent = left > 0 ? `${left} s` : "";
      form.hidden = left <= 0;
    });
    const bar = document.querySelector(".undo");
    bar.hidden = forms.every((form) => form.hidden);
    if (!bar.hidden) {
      setTimeout(tick, 1000);
    }
  };
  if (forms.length) {
    tick();
  }
}

/* ---- Ticking all of a list */

function onTickAll(event) {
  const all = event.target;
  if (all.name === "all") {
    all.form.querySelectorAll('input[name="photo"]').forEach((each) => {
      each.checked = all.checked;
    });
  } else if (all.name === "photo") {
    all.form.elements.all.checked = false;
  }
}

function begin() {
  document.addEventListener("keydown", onKey);
  document.addEventListener("submit", onSubmit);
  document.addEventListener("change", onTickAll);
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  });
  countDown();
  showKeys();
  if (box) {
    box.addEventListener("keydown", onBoxKey);
    box.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(look, WAIT_MS);
    });
  }
  const keys = document.querySelector("#keys");
  if (keys) {
    keys.hidden = false;
    keys.setAttribute("aria-pressed", String(keysAreOn()));
    keys.addEventListener("click", () => {
      keep(keysAreOn() ? "off" : "on");
      showKeys();
      keys.setAttribute("aria-pressed", String(keysAreOn()));
    });
  }
  document.querySelectorAll("img[data-missing]").forEach((image) => {
    const tell = () => {
      const words = Object.assign(document.createElement("p"), { className: "empty", textContent: image.dataset.missing });
      image.closest("a").replaceWith(words);
    };
    image.addEventListener("error", tell);
    if (image.complete && !image.naturalWidth) {
      tell();
    }
  });
}

begin();
