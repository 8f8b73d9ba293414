// Keeps the page true while it is open. The server renders every row; this puts rows in their places, and sends what the
// buttons say to the control plane.
"use strict";

const account = new URLSearchParams(location.search).get("account") || "";
const live = document.getElementById("live");
const said = document.getElementById("said");
const retryAfter = 2000; // milliseconds

function element(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

// A row that changes under someone's hands stays open, and keeps the focus.
function replaceRow(old, row) {
  const details = old.querySelectorAll("details");
  row.querySelectorAll("details").forEach((one, number) => { one.open = Boolean(details[number]?.open); });
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const position = focused ? focusable(old).indexOf(focused) : -1;
  old.replaceWith(row);
  if (focused) (focusable(row)[position] ?? row).focus();
}

function focusable(row) {
  return [...row.querySelectorAll("summary, button, a, pre"), row];
}

function show({ section, order, rows }) {
  const list = document.getElementById(section);
  const there = new Map([...list.children].map((child) => [child.id, child]));
  for (const [id, html] of Object.entries(rows)) {
    const row = element(html);
    const old = there.get(id);
    if (old) replaceRow(old, row);
    else row.classList.add("new");
    there.set(id, row);
  }
  order.forEach((id, number) => {
    const row = there.get(id);
    if (list.children[number] !== row) list.insertBefore(row, list.children[number] ?? null);
  });
  while (list.children.length > order.length) list.lastElementChild.remove();
  const empty = list.parentElement.querySelector(".empty");
  if (empty) empty.hidden = order.length > 0;
  if (section === "requests" && order.length) document.getElementById("first").hidden = true;
}

function follow() {
  const events = new EventSource(`live${location.search}`);
  events.onopen = () => {
    live.textContent = "live";
    live.classList.add("on");
  };
  events.onmessage = (event) => show(JSON.parse(event.data));
  events.onerror = () => {
    live.textContent = "not live: the server does not answer";
    live.classList.remove("on");
    events.close();
    setTimeout(follow, retryAfter);
  };
  addEventListener("pagehide", () => events.close(), { once: true });
}

async function ask(method, path, body, ofAccount = account) {
  const query = ofAccount ? `?account=${encodeURIComponent(ofAccount)}` : "?all=true";
  const options = { method };
  if (body !== undefined) {
    options.headers = { "content-type": "application/json" };
    options.body = JSON.stringify(body);
  }
  try {
    const response = await fetch(path + query, options);
    const answer = await response.json();
    return response.ok ? answer : say(answer.message ?? `the server answered ${response.status}`);
  } catch (error) {
    return say(`the server did not answer: ${error.message}`);
  }
}

function say(text) {
  said.textContent = text;
  return null;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-post], [data-delete]");
  if (!button) return;
  const { post, account: ofAccount, cause } = button.dataset;
  if (post === undefined) {
    if (await ask("DELETE", button.dataset.delete)) say("Disarmed.");
  } else {
    const body = cause === undefined ? undefined : { cause: document.getElementById("cause").value };
    if (await ask("POST", post, body, ofAccount || account)) say(`${button.textContent}: done.`);
  }
});

document.getElementById("advance").addEventListener("submit", async (event) => {
  event.preventDefault();
  const by = document.getElementById("by").value;
  const answer = await ask("POST", "clock/advance", { by });
  if (!answer) return;
  const count = answer.callbacks.length;
  say(`Advanced by ${by}. ${count === 1 ? "One callback" : `${count || "No"} callbacks`} fell due.`);
});

const dialog = document.getElementById("reset");
document.getElementById("open-reset").addEventListener("click", () => {
  dialog.returnValue = "";
  dialog.showModal();
});
dialog.addEventListener("close", async () => {
  if (dialog.returnValue !== "reset") return;
  if (await ask("POST", "reset", { journal: document.getElementById("reset-journal").checked })) say("Reset: done.");
});

document.getElementById("accounts").addEventListener("change", (event) => event.target.form.submit());

document.getElementById("copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText(document.getElementById("first-request").textContent);
  say("Copied.");
});

follow();
