// Sends each body of the JSON list on standard input as a create, with Node's own fetch.
import { readFileSync } from "node:fs";

const [baseUrl, key] = process.argv.slice(2);
for (const body of JSON.parse(readFileSync(0, "utf8"))) {
  const answer = await fetch(`${baseUrl}/v2/replicas`, {
    method: "POST",
    headers: { "x-api-key": key, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  console.log(JSON.stringify({ status: answer.status, type: answer.headers.get("content-type"), text }));
}
