/* Loads older pictures when somebody comes near the end of those that are there. What is there never moves. */

import { pageAt, refusalOf } from "./patient_parts.js";

const NEAR = "800px";

const pictures = document.getElementById("pictures");
const told = document.getElementById("told");
let isLoading = false;

function show(page, older) {
  for (const day of page.querySelectorAll("#pictures > *")) {
    pictures.append(document.importNode(day, true));
  }
  const next = page.getElementById("older");
  if (next) {
    older.href = next.getAttribute("href");
  } else {
    older.closest("p").remove();
    watcher.disconnect();
  }
}

async function load(older) {
  isLoading = true;
  const words = older.textContent;
  older.textContent = older.dataset.busy;
  try {
    const page = await pageAt(older.href);
    if (page?.getElementById("pictures")) {
      show(page, older);
    } else if (page) {
      watcher.disconnect();
      told.textContent = refusalOf(page);
    }
  } catch {
    watcher.disconnect();
  } finally {
    older.textContent = words;
    isLoading = false;
  }
  if (older.isConnected) {
    watcher.unobserve(older);
    watcher.observe(older);
  }
}

const watcher = new IntersectionObserver(
  (entries) => {
    if (!isLoading && entries.some((each) => each.isIntersecting)) {
      load(entries[0].target);
    }
  },
  { rootMargin: NEAR },
);

const first = document.getElementById("older");
if (first) {
  watcher.observe(first);
  first.addEventListener("click", (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      if (!isLoading) {
        load(first);
      }
    }
  });
}
