package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
)

func call(method, path, body string) []byte {
	request, err := http.NewRequest(method, "https://tavusapi.com"+path, strings.NewReader(body))
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("x-api-key", os.Getenv("TAVUS_API_KEY"))
	request.Header.Set("content-type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		log.Fatal(err)
	}
	return answer
}

func main() {
	body, _ := json.Marshal(map[string]string{"train_video_url": "https://example.com/me.mp4", "callback_url": os.Getenv("HOOK")})
	var created struct {
		ReplicaID string `json:"replica_id"`
	}
	if err := json.Unmarshal(call("POST", "/v2/replicas", string(body)), &created); err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(call("GET", "/v2/replicas/"+created.ReplicaID, "")))
}
