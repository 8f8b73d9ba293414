// A test suite for code that has https://tavusapi.com written into it, without a framework so that it needs no download:
//   mock-tavus run --training-time 4h --set TAVUS_BASE_URL -- java -ea examples/java/ReplicaTest.java
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public class ReplicaTest {
    /** The code under test: it has the vendor's host written into it. */
    record Replicas(HttpClient client, String key) {
        static final String URL = "https://tavusapi.com/v2/replicas";

        String create(String trainVideoUrl) throws Exception {
            String body = "{\"train_video_url\": \"" + trainVideoUrl + "\"}";
            HttpResponse<String> answer = send(to(URL).POST(BodyPublishers.ofString(body)).build());
            if (answer.statusCode() != 200) {
                throw new IllegalStateException(field(answer.body(), "error"));
            }
            return field(answer.body(), "replica_id");
        }

        String status(String replicaId) throws Exception {
            return field(send(to(URL + "/" + replicaId).build()).body(), "status");
        }

        HttpRequest.Builder to(String url) {
            return HttpRequest.newBuilder(URI.create(url)).header("x-api-key", key).header("content-type", "application/json");
        }

        HttpResponse<String> send(HttpRequest request) throws Exception {
            return client.send(request, BodyHandlers.ofString());
        }
    }

    static String field(String json, String name) {
        Matcher found = Pattern.compile("\"" + name + "\": *\"([^\"]*)\"").matcher(json);
        return found.find() ? found.group(1) : "";
    }

    static void advance(Replicas replicas, String by) throws Exception {
        String url = System.getenv("TAVUS_BASE_URL") + "/__admin/clock/advance";
        replicas.send(replicas.to(url).POST(BodyPublishers.ofString("{\"by\": \"" + by + "\"}")).build());
    }

    static void aReplicaIsCreatedAndCompletes(Replicas replicas) throws Exception {
        String replicaId = replicas.create("https://example.com/me.mp4");
        assert replicas.status(replicaId).equals("started");
        advance(replicas, "5h");
        assert replicas.status(replicaId).equals("completed");
    }

    static void aRefusalIsAnErrorWithTheApisWords(Replicas replicas) throws Exception {
        try {
            replicas.create("no url");
        } catch (IllegalStateException error) {
            assert error.getMessage().equals("Invalid train_video_url") : error;
            return;
        }
        throw new AssertionError("no error was raised");
    }

    interface Test {
        void run(Replicas replicas) throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        Test[] tests = {ReplicaTest::aReplicaIsCreatedAndCompletes, ReplicaTest::aRefusalIsAnErrorWithTheApisWords};
        for (int number = 0; number < tests.length; number++) {
            tests[number].run(new Replicas(client, "java-test-" + number)); // a key for each test is an account for each
        }
        System.out.println(tests.length + " tests passed");
    }
}
