const axios = require(process.env.AXIOS);
const headers = { "x-api-key": process.env.TAVUS_API_KEY };
const body = { train_video_url: "https://example.com/me.mp4", callback_url: process.env.HOOK };

async function main() {
  const created = await axios.post("https://tavusapi.com/v2/replicas", body, { headers });
  const got = await axios.get(`https://tavusapi.com/v2/replicas/${created.data.replica_id}`, { headers });
  console.log(JSON.stringify(got.data));
}
main().catch((error) => {
  console.error(String(error), error.response && error.response.data);
  process.exit(1);
});
