/* Pages of ours, asked for in the background: scripts take over what a page without them would show. */

/** A page as a document that runs nothing, or null where the answer is another page, as the one for signing in: then
 *  this page is loaded anew, and leads there. Rejects as fetch does. */
export async function pageAt(address, signal) {
  const response = await fetch(address, { signal, headers: { Accept: "text/html" }, credentials: "same-origin" });
  if (response.redirected) {
    location.reload();
    return null;
  }
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

/** Put what stands in an element of another page in the place of what stands in ours. */
export function takeOver(own, other) {
  own.replaceChildren(...[...other.childNodes].map((each) => document.importNode(each, true)));
}

/** What a page that refuses says; "" for any other. */
export function refusalOf(page) {
  return page.querySelector(".trouble")?.textContent.trim() ?? "";
}
