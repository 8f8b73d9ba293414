// A program that has the vendor's host written into it, as most have: mock-tavus run -- node examples/unchanged.mjs
const body = { train_video_url: "https://example.com/me.mp4", callback_url: process.env.CALLBACK_URL ?? "" };
const headers = { "x-api-key": process.env.TAVUS_API_KEY ?? "my-local-key", "content-type": "application/json" };

const response = await fetch("https://tavusapi.com/v2/replicas", { method: "POST", headers, body: JSON.stringify(body) });
console.log(await response.text());
