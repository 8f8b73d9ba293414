import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;

public class Java {
    public static void main(String[] args) throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        String body = "{\"train_video_url\": \"https://example.com/me.mp4\", \"callback_url\": \"" + System.getenv("HOOK") + "\"}";
        HttpRequest create = to("https://tavusapi.com/v2/replicas").POST(HttpRequest.BodyPublishers.ofString(body)).build();
        String created = client.send(create, BodyHandlers.ofString()).body();
        String id = created.replaceAll(".*\"replica_id\": *\"([^\"]*)\".*", "$1");
        System.out.println(client.send(to("https://tavusapi.com/v2/replicas/" + id).build(), BodyHandlers.ofString()).body());
    }

    private static HttpRequest.Builder to(String url) {
        return HttpRequest.newBuilder(URI.create(url))
            .header("x-api-key", System.getenv("TAVUS_API_KEY"))
            .header("content-type", "application/json");
    }
}
