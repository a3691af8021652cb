/* What every page's scripts have in common: asking this bridge, with the token of the page's forms. */

/** The token that a POST needs; every page has it in the switch at its foot. */
export function csrf() {
  return document.querySelector('input[name="csrf"]')?.value ?? "";
}

/** Ask for JSON. Throws an Error whose message is the bridge's sentence, and whose `status` is that of the answer. */
export async function ask(path, options = {}) {
  const response = await fetch(path, {
    ...options,
    headers: { Accept: "application/json", ...options.headers },
    credentials: "same-origin",
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    throw Object.assign(new Error(answer.error ?? response.statusText), { status: response.status });
  }
  return answer;
}

/** POST fields as a form does, and take JSON back. */
export function send(path, fields) {
  return ask(path, {
    method: "POST",
    body: new URLSearchParams(fields),
    headers: { "X-CSRF": csrf() },
  });
}

document.querySelector(".pages [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

for (const back of document.querySelectorAll('input[name="back"]')) {
  const asked = new URLSearchParams(location.search);
  asked.delete("ticket");
  back.value = location.pathname + (asked.size ? `?${asked}` : "");
}
