// A test suite for code that has https://tavusapi.com written into it:
//   mock-tavus run --training-time 4h --set TAVUS_BASE_URL -- node --test examples/node/
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { createReplica } from "./replica.mjs";

const admin = async (path, body) => {
  const headers = { "content-type": "application/json", "x-api-key": process.env.TAVUS_API_KEY };
  const response = await fetch(`${process.env.TAVUS_BASE_URL}/__admin${path}`, {
    method: body === undefined ? "GET" : "POST", headers, body: body === undefined ? undefined : JSON.stringify(body),
  });
  assert.ok(response.ok, await response.clone().text());
  return response.json();
};

// A key for each test is an account for each: its replicas, its clock, its scenarios.
let number = 0;
const newAccount = () => { process.env.TAVUS_API_KEY = `node-test-${++number}`; };

test("a replica is created, and its callback comes", async (context) => {
  newAccount();
  const callbacks = [];
  const arrived = new Promise((resolve) => {
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (part) => { body += part; });
      request.on("end", () => { callbacks.push(JSON.parse(body)); response.writeHead(204).end(); resolve(); });
    }).listen(0, "127.0.0.1");
    context.after(() => server.close());
    context.port = new Promise((found) => server.on("listening", () => found(server.address().port)));
  });

  const replicaId = await createReplica("https://example.com/me.mp4", `http://127.0.0.1:${await context.port}/hook`);
  await admin("/clock/advance", { by: "5h" });
  await arrived;

  assert.deepEqual(callbacks, [{ replica_id: replicaId, status: "ready" }]);
});

test("a refusal is an error with the API's words", async () => {
  newAccount();
  await assert.rejects(createReplica("no url"), /Invalid train_video_url/);
});

test("a server that is busy is asked again, and one training is bought", async () => {
  newAccount();
  await admin("/scenarios", { times: 1, outcome: { status: 503, retry_after: 0 } });

  await createReplica("https://example.com/me.mp4");

  assert.equal((await admin("/ledger")).trainings, 1);
});
