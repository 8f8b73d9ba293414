<?php
function call(string $path, ?array $body = null): string {
    $curl = curl_init("https://tavusapi.com$path");
    curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
    curl_setopt($curl, CURLOPT_HTTPHEADER, ["x-api-key: " . getenv("TAVUS_API_KEY"), "content-type: application/json"]);
    if ($body !== null) {
        curl_setopt($curl, CURLOPT_POSTFIELDS, json_encode($body));
    }
    $answer = curl_exec($curl);
    if ($answer === false) {
        fwrite(STDERR, curl_error($curl) . "\n");
        exit(1);
    }
    return $answer;
}

$created = json_decode(call("/v2/replicas", [
    "train_video_url" => "https://example.com/me.mp4",
    "callback_url" => getenv("HOOK"),
]), true);
echo call("/v2/replicas/" . $created["replica_id"]), "\n";
