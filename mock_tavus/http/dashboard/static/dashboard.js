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

// Makes a row the same as another one, node by node: a button that is being pressed, a text that is selected and a row
// that was opened stay what they are.
function become(node, other) {
  if (node.nodeType === Node.TEXT_NODE) {
    if (node.nodeValue !== other.nodeValue) node.nodeValue = other.nodeValue;
    return;
  }
  for (const { name, value } of other.attributes) {
    if (node.getAttribute(name) !== value) node.setAttribute(name, value);
  }
  for (const { name } of [...node.attributes]) {
    if (!other.hasAttribute(name) && !(name === "open" && node.tagName === "DETAILS")) node.removeAttribute(name);
  }
  const wanted = [...other.childNodes];
  wanted.forEach((child, number) => {
    const there = node.childNodes[number];
    if (!there) node.append(child);
    else if (there.nodeName === child.nodeName && there.nodeType === child.nodeType) become(there, child);
    else there.replaceWith(child);
  });
  while (node.childNodes.length > wanted.length) node.lastChild.remove();
}

// What is changed by `change` may take the focus away: then it goes to what is left there.
function keepFocus(list, change) {
  const focused = list.contains(document.activeElement) ? document.activeElement : null;
  const row = focused?.closest(".row");
  const neighbour = row?.nextElementSibling ?? row?.previousElementSibling;
  change();
  if (focused && !focused.isConnected) [row, neighbour, list].find((one) => one?.isConnected)?.focus();
}

function show({ section, order, rows }) {
  const list = document.getElementById(section);
  keepFocus(list, () => {
    const there = new Map([...list.children].map((child) => [child.id, child]));
    for (const [id, child] of there) if (!order.includes(id)) child.remove();
    for (const [id, html] of Object.entries(rows)) {
      const row = element(html);
      const old = there.get(id);
      if (old) {
        become(old, row);
      } else {
        row.classList.add("new");
        there.set(id, row);
      }
    }
    order.forEach((id, number) => {
      const row = there.get(id);
      if (list.children[number] !== row) list.insertBefore(row, list.children[number] ?? null);
    });
  });
  const empty = list.parentElement.querySelector(".empty");
  if (empty) empty.hidden = order.length > 0;
  const nothing = !document.querySelector("#requests > li, #replicas > li");
  document.getElementById("first").hidden = !nothing;
}

let events = null;
let retry = null;

function follow() {
  clearTimeout(retry);
  events?.close();
  if (document.hidden) return; // a browser has few connections to a server, and what is not seen needs none
  events = new EventSource(`live${location.search}`);
  events.onopen = () => {
    live.textContent = "live";
    live.classList.add("on");
  };
  events.onmessage = (event) => show(JSON.parse(event.data));
  events.onerror = async () => {
    events.close();
    retry = setTimeout(follow, retryAfter);
    live.classList.remove("on");
    live.textContent = `not live: ${await reason()}`;
  };
}

async function reason() {
  const stop = new AbortController();
  try {
    const response = await fetch(`live${location.search}`, { signal: stop.signal });
    if (response.status === 401) location.reload(); // to where the token is asked for
    return response.ok ? "trying again" : (await response.json()).message;
  } catch {
    return "the server does not answer";
  } finally {
    stop.abort();
  }
}

async function ask(method, path, body, ofAccount = account, everyAccount = "?all=true") {
  const query = ofAccount ? `?account=${encodeURIComponent(ofAccount)}` : everyAccount;
  const options = { method };
  if (body !== undefined) {
    options.headers = { "content-type": "application/json" };
    options.body = JSON.stringify(body);
  }
  try {
    const response = await fetch(path + query, options);
    const answer = await response.json();
    return response.ok ? answer : fail(answer.message ?? `the server answered ${response.status}`);
  } catch (error) {
    return fail(`the server did not answer: ${error.message}`);
  }
}

function say(text) {
  said.textContent = text;
  said.classList.remove("failed");
  return null;
}

function fail(text) {
  say(text);
  said.classList.add("failed");
  return null;
}

document.getElementById("create").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { key, ...fields } = Object.fromEntries([...new FormData(event.target)].filter(([, value]) => value));
  try {
    const response = await fetch("/v2/replicas", {
      method: "POST",
      headers: { "x-api-key": key, "content-type": "application/json" },
      body: JSON.stringify({ ...fields, callback_url: `${location.origin}/__inbox/dashboard` }),
    });
    const answer = await response.json().catch(() => ({}));
    if (response.ok) say(`${answer.replica_id} is in training; its callback comes to the inbox "dashboard".`);
    else fail(`The create was refused: ${answer.error ?? answer.message ?? response.status}`);
  } catch (error) {
    fail(`the server did not answer: ${error.message}`);
  }
});

document.getElementById("arm").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { times, outcome } = Object.fromEntries(new FormData(event.target));
  const scenario = { times: Number(times), outcome: JSON.parse(outcome) };
  const armed = await ask("POST", "scenarios", scenario, account, "");
  if (armed) say(`${armed.id} is armed.`);
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-post], [data-delete]");
  if (!button) return;
  const { post, account: ofAccount, cause } = button.dataset;
  if (post === undefined) {
    if (await ask("DELETE", button.dataset.delete, undefined, ofAccount)) say("Disarmed.");
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
  if (answer.accounts.length === 0) say("There is no account yet, and no time to advance.");
  else say(`Advanced by ${by}. ${count === 1 ? "One callback" : `${count || "No"} callbacks`} fell due.`);
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
  const command = document.getElementById("first-request");
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(command.textContent);
    say("Copied.");
  } else {
    getSelection().selectAllChildren(command);
    say("Selected: your browser lets only pages of this machine, or with https, copy by themselves.");
  }
});

document.addEventListener("visibilitychange", follow);
addEventListener("pageshow", follow);
addEventListener("pagehide", () => events?.close());
