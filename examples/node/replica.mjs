// The code under test: it has the vendor's host written into it.
const URL = "https://tavusapi.com/v2/replicas";

export async function createReplica(trainVideoUrl, callbackUrl) {
  const headers = { "x-api-key": process.env.TAVUS_API_KEY, "content-type": "application/json" };
  const body = JSON.stringify({ train_video_url: trainVideoUrl, callback_url: callbackUrl });
  for (let attempt = 0; ; attempt += 1) {
    const response = await fetch(URL, { method: "POST", headers, body, redirect: "error" });
    if (response.status === 503 && attempt < 3) {
      await new Promise((resolve) => { setTimeout(resolve, Number(response.headers.get("retry-after") ?? 1) * 1000); });
      continue;
    }
    const answer = await response.json();
    if (response.status !== 200) throw new Error(answer.error ?? answer.message);
    return answer.replica_id;
  }
}
