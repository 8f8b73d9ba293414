// An application that takes the callbacks of trainings, with Node alone. Its state is kept in a file:
//   node examples/receivers/app.mjs 9012 /tmp/replicas.json
import { createServer } from "node:http";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";

const SECRET = "s3cret";
const MAX_BYTES = 64 * 1024;
const [port = "9012", file = ""] = process.argv.slice(2);
const replicas = new Map(file && existsSync(file) ? Object.entries(JSON.parse(readFileSync(file, "utf8"))) : []);

function keep() {
  if (!file) return;
  writeFileSync(`${file}.new`, JSON.stringify(Object.fromEntries(replicas)));
  renameSync(`${file}.new`, file);
}

function change(id, changed) {
  const replica = { created: false, end: null, message: null, effects: 0, ...replicas.get(id) };
  changed(replica);
  if (replica.created && replica.end && replica.effects === 0) replica.effects = 1; // act once
  replicas.set(id, replica);
  keep();
}

function readBody(request) {
  return new Promise((resolve, reject) => {
    if (Number(request.headers["content-length"] ?? 0) > MAX_BYTES) return reject(413);
    const parts = [];
    let length = 0;
    request.on("data", (part) => {
      length += part.length;
      if (length > MAX_BYTES) reject(413);
      else parts.push(part);
    });
    request.on("end", () => resolve(Buffer.concat(parts).toString("utf8")));
    request.on("error", () => reject(400));
  });
}

function take(text) {
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    return 400;
  }
  if (typeof body?.replica_id !== "string") return 400;
  if (body.status === "ready" || body.status === "error") {
    change(body.replica_id, (replica) => {
      if (replica.end) return; // what comes later changes nothing
      replica.end = body.status;
      replica.message = body.error_message ?? null;
    });
  }
  return 204;
}

function state(id) {
  const replica = replicas.get(id);
  if (!replica) return null;
  if (!replica.created) return { state: "parked", effects: 0 };
  return { state: replica.end ?? "pending", effects: replica.effects, error_message: replica.message };
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url, "http://localhost");
  try {
    if (url.pathname === "/hook") {
      if (request.method !== "POST") return response.writeHead(405).end();
      if (url.searchParams.get("secret") !== SECRET) return response.writeHead(403).end();
      response.writeHead(take(await readBody(request))).end();
    } else if (url.pathname === "/test/created") {
      change(JSON.parse(await readBody(request)).replica_id, (replica) => (replica.created = true));
      response.writeHead(204).end();
    } else if (url.pathname.startsWith("/test/state/")) {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify(state(decodeURIComponent(url.pathname.slice("/test/state/".length)))));
    } else {
      response.writeHead(404).end();
    }
  } catch (status) {
    response.writeHead(typeof status === "number" ? status : 500, { connection: "close" }).end();
    request.destroy();
  }
});
server.requestTimeout = 5000;
server.headersTimeout = 5000;
server.connectionsCheckingInterval = 1000;
server.listen(Number(port), "127.0.0.1");
