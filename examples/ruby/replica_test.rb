# A test suite for code that has https://tavusapi.com written into it:
#   mock-tavus run --training-time 4h --set TAVUS_BASE_URL -- ruby examples/ruby/replica_test.rb
require "json"
require "minitest/autorun"
require_relative "replica"

class ReplicaTest < Minitest::Test
  def setup
    # A key for each test is an account for each: its replicas, its clock, its scenarios.
    ENV["TAVUS_API_KEY"] = "ruby-#{name}"
  end

  def test_a_replica_is_created_and_completes
    replica_id = create_replica("https://example.com/me.mp4")
    assert_equal "started", replica_status(replica_id)

    admin("/clock/advance", by: "5h")

    assert_equal "completed", replica_status(replica_id)
  end

  def test_a_refusal_is_an_error_with_the_apis_words
    error = assert_raises(ReplicaError) { create_replica("no url") }
    assert_equal "Invalid train_video_url", error.message
  end

  def test_a_training_that_fails_says_why
    replica_id = create_replica("https://example.com/video_fps.mp4")
    admin("/clock/advance", by: "5h")

    assert_equal "error", replica_status(replica_id)
  end

  private

  def admin(path, body)
    uri = URI("#{ENV.fetch("TAVUS_BASE_URL")}/__admin#{path}")
    headers = { "content-type" => "application/json", "x-api-key" => ENV.fetch("TAVUS_API_KEY") }
    answer = Net::HTTP.post(uri, body.to_json, headers)
    assert_equal "200", answer.code, answer.body
    JSON.parse(answer.body)
  end
end
