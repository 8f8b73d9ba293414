import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A client on java.net.http, for checks of TLS alone: it passes the body on as it came. */
public class Client {
  public static void main(String[] arguments) throws Exception {
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
    for (String line; (line = lines.readLine()) != null; ) {
      String id = first(line, "\"id\": (\\d+)");
      if (!line.contains("\"operation\": \"create_replica\"")) {
        System.out.println("{\"id\": " + id + ", \"outcome\": \"unsupported\"}");
        continue;
      }
      String answer;
      try {
        HttpRequest request =
            HttpRequest.newBuilder(URI.create(first(line, "\"base_url\": \"([^\"]*)\"") + "/v2/replicas"))
                .timeout(Duration.ofMillis((long) (1000 * Double.parseDouble(first(line, "\"timeout\": ([0-9.]+)")))))
                .header("content-type", "application/json")
                .header("x-api-key", first(line, "\"api_key\": \"([^\"]*)\""))
                .POST(HttpRequest.BodyPublishers.ofString(first(line, "\"body\": (\\{.*\\})\\}")))
                .build();
        HttpResponse<String> response =
            HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        String replica = response.statusCode() == 200 ? first(response.body(), "\"replica_id\": ?\"([^\"]+)\"") : "";
        answer =
            replica.isEmpty()
                ? "\"outcome\": \"error\", \"http_status\": " + response.statusCode() + ", \"message\": \"no id\""
                : "\"outcome\": \"ok\", \"replica_id\": \"" + replica + "\"";
      } catch (Exception error) {
        answer = "\"outcome\": \"error\", \"kind\": \"transport\", \"message\": \"" + error.getClass().getName() + "\"";
      }
      System.out.println("{\"id\": " + id + ", " + answer + "}");
    }
  }

  private static String first(String text, String pattern) {
    Matcher found = Pattern.compile(pattern).matcher(text);
    return found.find() ? found.group(1) : "";
  }
}
