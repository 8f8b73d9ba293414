// Creates, reads, lists, renames, deletes and waits for replicas with Node's fetch, for the conformance kit:
//   mock-tavus conform --client-cmd "node examples/clients/replicas.mjs"
import { createInterface } from "node:readline";

class TavusError extends Error {
  constructor(message, { kind = "http", status = null } = {}) {
    super(message);
    this.kind = kind;
    this.status = status;
  }
}

const sleep = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

async function send(method, url, apiKey, body, timeout) {
  if (!apiKey || /[^\x20-\x7e]/.test(apiKey)) {
    throw new TavusError("no header may have this key", { kind: "rejected_locally" });
  }
  let status, headers, text;
  try {
    const response = await fetch(url, {
      method,
      headers: { "x-api-key": apiKey, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      body: body === undefined ? undefined : JSON.stringify(body),
      redirect: "manual",
      signal: AbortSignal.timeout(Math.max(50, timeout * 1000)),
    });
    ({ status, headers } = response);
    text = await readText(response);
  } catch (error) {
    const kind = error.name === "TimeoutError" ? "timeout" : "transport";
    throw new TavusError([error.message, error.cause?.message].filter(Boolean).join(": "), { kind });
  }
  let answer = null;
  try {
    answer = JSON.parse(text);
  } catch {
    // It is not JSON; the status says more.
  }
  return { status, headers, answer };
}

async function readText(response) {
  const parts = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.length;
    if (length > 1_000_000) throw new Error("the answer is too large");
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function refusal({ status, answer }) {
  const said = answer?.error || answer?.message;
  const told = typeof said === "string" ? said : "it did not say why";
  return new TavusError(`the API answered ${status}: ${told}`, { status });
}

async function call(method, url, apiKey, body, timeout) {
  const response = await send(method, url, apiKey, body, timeout);
  if (response.status !== 200) throw refusal(response);
  return response.answer;
}

function segment(id) {
  if (id === "" || id === "." || id === "..") throw new TavusError("no replica_id", { kind: "rejected_locally" });
  return encodeURIComponent(id);
}

function invalid(message) {
  return new TavusError(message, { kind: "invalid_response", status: 200 });
}

const operations = {
  async describe() {
    return { takes_timeout: true, operations: Object.keys(operations).filter((name) => name !== "describe") };
  },
  async create_replica({ base_url, api_key, body, timeout }) {
    const answer = await call("POST", `${base_url}/v2/replicas`, api_key, body, timeout);
    if (typeof answer?.replica_id !== "string" || !answer.replica_id) throw invalid("200 without a replica_id");
    return { replica_id: answer.replica_id, status: answer.status };
  },
  async get_replica({ base_url, api_key, replica_id, verbose, timeout }) {
    const query = verbose === undefined ? "" : `?verbose=${verbose}`;
    const answer = await call("GET", `${base_url}/v2/replicas/${segment(replica_id)}${query}`, api_key, undefined, timeout);
    if (typeof answer?.replica_id !== "string") throw invalid("200 without a replica_id");
    return { replica: answer };
  },
  async list_replicas({ base_url, api_key, timeout, all, ...given }) {
    const url = `${base_url}/v2/replicas`;
    const items = (answer) => {
      if (!Array.isArray(answer?.data)) throw invalid("200 without a list");
      return answer.data.filter((item) => typeof item?.replica_id === "string");
    };
    if (!all) {
      const query = new URLSearchParams();
      for (const name of ["limit", "page", "verbose", "replica_type", "replica_ids"]) {
        if (given[name] !== undefined) query.set(name, String(given[name]));
      }
      const text = query.toString();
      const answer = await call("GET", text ? `${url}?${text}` : url, api_key, undefined, timeout);
      return { replicas: items(answer), total_count: answer.total_count };
    }
    const deadline = Date.now() + timeout * 1000;
    const found = new Map();
    for (let page = 1; ; page++) {
      const answer = await call("GET", `${url}?limit=100&page=${page}`, api_key, undefined, (deadline - Date.now()) / 1000);
      const fresh = items(answer).filter((item) => !found.has(item.replica_id));
      if (fresh.length === 0) return { replicas: [...found.values()] };
      for (const item of fresh) found.set(item.replica_id, item);
    }
  },
  async rename_replica({ base_url, api_key, replica_id, replica_name, timeout }) {
    await call("PATCH", `${base_url}/v2/replicas/${segment(replica_id)}/name`, api_key, { replica_name }, timeout);
    return {};
  },
  async delete_replica({ base_url, api_key, replica_id, hard, timeout }) {
    const query = hard === undefined ? "" : `?hard=${hard}`;
    await call("DELETE", `${base_url}/v2/replicas/${segment(replica_id)}${query}`, api_key, undefined, timeout);
    return {};
  },
  async wait_for_replica({ base_url, api_key, replica_id, interval = 10, timeout }) {
    const deadline = Date.now() + timeout * 1000;
    const url = `${base_url}/v2/replicas/${segment(replica_id)}`;
    for (;;) {
      let pause = interval;
      let response = null;
      try {
        response = await send("GET", url, api_key, undefined, (deadline - Date.now()) / 1000);
      } catch (error) {
        if (error.kind === "rejected_locally") throw error;
      }
      const status = response?.status;
      if (status === 200 && response.answer?.status === "completed") return { status: "completed" };
      if (status === 200 && response.answer?.status === "error") {
        throw new TavusError(`the training failed: ${response.answer.error_message}`);
      }
      if (status === 429 || status === 503) {
        const told = Number(response.headers.get("retry-after"));
        pause = Math.max(interval, Number.isFinite(told) ? told : 0);
      } else if (status >= 400 && status < 500) {
        throw refusal(response);
      }
      if (Date.now() + pause * 1000 >= deadline) throw new TavusError("the wait is over", { kind: "timeout" });
      await sleep(pause);
    }
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, operation, ...given } = JSON.parse(line);
  let answer;
  if (!Object.hasOwn(operations, operation)) {
    answer = { outcome: "unsupported" };
  } else {
    try {
      answer = { outcome: "ok", ...(await operations[operation](given)) };
    } catch (error) {
      answer = { outcome: "error", kind: error.kind, http_status: error.status ?? null, message: error.message };
    }
  }
  console.log(JSON.stringify({ id, ...answer }));
}
