/* Looks how far a move is, until it ends or waits for a person. */

import { pageAt, takeOver } from "./patient_parts.js";

const LOOK_MILLISECONDS = 1500;

const move = document.getElementById("move");
const heading = document.getElementById("heading");
const said = document.getElementById("said");

function show(page) {
  const other = page.getElementById("move");
  takeOver(move, other);
  takeOver(heading, page.getElementById("heading"));
  document.title = page.title;
  move.dataset.state = other.dataset.state;
  if (!other.hasAttribute("data-under-way")) {
    move.removeAttribute("data-under-way");
    said.textContent = move.querySelector(".notice")?.textContent ?? "";
  }
}

async function look() {
  const page = await pageAt(location.href).catch(() => null);
  const other = page?.getElementById("move");
  if (other && other.dataset.state !== move.dataset.state) {
    show(page);
  }
  later();
}

function later() {
  if (move.hasAttribute("data-under-way")) {
    setTimeout(look, LOOK_MILLISECONDS);
  }
}

later();
