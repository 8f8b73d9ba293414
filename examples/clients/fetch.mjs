// Creates replicas with Node's fetch. The conformance kit drives it over JSON Lines:
//   mock-tavus conform --client-cmd "node examples/clients/fetch.mjs"
import { createInterface } from "node:readline";

const MAX_BYTES = 1_000_000;

export async function createReplica(baseUrl, apiKey, body, timeout) {
  if (!apiKey || /[^\x20-\x7e]/.test(apiKey)) {
    return failure("rejected_locally", "the API key is empty, or has characters that no header may have");
  }
  let status;
  let text;
  try {
    const response = await fetch(`${baseUrl}/v2/replicas`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-api-key": apiKey },
      body: JSON.stringify(body),
      redirect: "manual", // fetch would take the key to another origin
      signal: AbortSignal.timeout(timeout * 1000),
    });
    status = response.status;
    text = await readText(response);
  } catch (error) {
    const kind = error.name === "TimeoutError" ? "timeout" : "transport";
    return failure(kind, [error.message, error.cause?.message].filter(Boolean).join(": "));
  }
  let answer = null;
  try {
    answer = JSON.parse(text);
  } catch {
    // Whatever it is, it is not JSON; the status says more.
  }
  if (status !== 200) {
    const said = answer?.error || answer?.message;
    return failure("http", `the API answered ${status}: ${typeof said === "string" ? said : "it did not say why"}`, status);
  }
  if (typeof answer?.replica_id !== "string" || answer.replica_id === "") {
    return failure("invalid_response", "the API answered 200 without a replica_id", status);
  }
  return { outcome: "ok", replica_id: answer.replica_id, status: answer.status };
}

async function readText(response) {
  const parts = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.length;
    if (length > MAX_BYTES) throw new Error("the answer is too large");
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function failure(kind, message, httpStatus = null) {
  return { outcome: "error", kind, message, http_status: httpStatus };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, base_url, api_key, body, timeout } = JSON.parse(line);
  console.log(JSON.stringify({ id, ...(await createReplica(base_url, api_key, body, timeout)) }));
}
