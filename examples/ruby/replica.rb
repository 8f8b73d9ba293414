# The code under test: it has the vendor's host written into it.
require "json"
require "net/http"

class ReplicaError < StandardError; end

def create_replica(train_video_url)
  answer = Net::HTTP.post(URI("https://tavusapi.com/v2/replicas"), { train_video_url: train_video_url }.to_json, headers)
  body = JSON.parse(answer.body)
  raise ReplicaError, body["error"] || body["message"] unless answer.code == "200"

  body.fetch("replica_id")
end

def replica_status(replica_id)
  JSON.parse(Net::HTTP.get(URI("https://tavusapi.com/v2/replicas/#{replica_id}"), headers)).fetch("status")
end

def headers
  { "x-api-key" => ENV.fetch("TAVUS_API_KEY"), "content-type" => "application/json" }
end
