const headers = { "x-api-key": process.env.TAVUS_API_KEY, "content-type": "application/json" };
const body = JSON.stringify({ train_video_url: "https://example.com/me.mp4", callback_url: process.env.HOOK });
const created = await (await fetch("https://tavusapi.com/v2/replicas", { method: "POST", headers, body })).json();
console.log(await (await fetch(`https://tavusapi.com/v2/replicas/${created.replica_id}`, { headers })).text());
