require "json"
require "net/http"

key = { "x-api-key" => ENV.fetch("TAVUS_API_KEY"), "content-type" => "application/json" }
body = { train_video_url: "https://example.com/me.mp4", callback_url: ENV.fetch("HOOK") }
created = JSON.parse(Net::HTTP.post(URI("https://tavusapi.com/v2/replicas"), body.to_json, key).body)
puts Net::HTTP.get(URI("https://tavusapi.com/v2/replicas/#{created["replica_id"]}"), key)
