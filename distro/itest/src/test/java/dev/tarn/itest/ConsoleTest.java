// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tarn.testkit.RawClient;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an administrator does with the forms of the Felix Web Console, also by mistake, and what others try. */
class ConsoleTest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private static final String SECRET = "open-sesame.example:1883";

    @TempDir
    static Path folder;

    private static Path file;
    private static Path deploy;
    private static Tarn tarn;
    private static Console console;

    @BeforeAll
    static void start() throws Exception {
        Path image = OperationTest.copy(Tarn.IMAGE, folder.resolve("image"));
        file = Files.writeString(folder.resolve("tarn.yaml"), "# mine\nmqtt:\n  port: 0\n");
        deploy = folder.resolve("data/deploy");
        tarn = Tarn.command("start", "--data", folder.resolve("data").toString(), "--conf", file.toString())
                .image(image)
                .set("deploy.directory", deploy)
                .set("http.port", 0)
                .set("amqp.port", "off")
                .set("admin.port", 0)
                .set("mqtt.serverReference", "${env:TARN_TEST_SECRET}")
                .environment("TARN_TEST_SECRET", SECRET)
                .ready()
                .administered(folder.resolve("data"));
        console = new Console(tarn).opened();
    }

    @AfterAll
    static void stop() throws Exception {
        String before = Files.readString(file);
        tarn.close();
        assertThat(Files.readString(file))
                .as("a node that stops changes no configuration")
                .isEqualTo(before);
    }

    private static byte[] echo() throws Exception {
        return Files.readAllBytes(Path.of(System.getProperty("tarn.echo")));
    }

    private static JsonNode status() throws Exception {
        HttpResponse<String> answer = CLIENT.send(
                HttpRequest.newBuilder(java.net.URI.create("http://" + tarn.address("admin") + "/operations"))
                        .headers(tarn.login().headers())
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString("{\"operation\":\"status\"}"))
                        .build(),
                BodyHandlers.ofString());
        return Http.json(answer.body());
    }

    private static void saved(String... words) throws Exception {
        Eventually.passes(SOON, () -> {
            assertThat(Files.readString(file)).contains(words);
            return null;
        });
    }

    /** Of a key that is no password. */
    @Test
    void a_secret_is_on_no_page() throws Exception {
        assertThat(console.post("configMgr/dev.tarn.mqtt", "").body()).contains("${env:TARN_TEST_SECRET}");
        List<String> pages = new ArrayList<>(List.of("configMgr", "bundles", "bundles.json", "components", "logs"));
        JsonNode components = Http.json(console.get("components.json").body()).path("data");
        for (JsonNode component : components) {
            if (component.path("name").asText().startsWith("dev.tarn.mqtt")) {
                pages.add("components/" + component.path("id").asText() + ".json");
                pages.add("components/" + component.path("id").asText());
            }
        }
        assertThat(pages).hasSizeGreaterThan(5);
        for (String page : pages) {
            assertThat(console.get(page).body()).as(page).doesNotContain(SECRET);
        }
        assertThat(console.post("configMgr/dev.tarn.mqtt", "").body()).doesNotContain(SECRET);
    }

    @Test
    void what_a_form_installs_is_in_deploy_and_what_it_uninstalls_is_not() throws Exception {
        HttpResponse<String> installed = console.upload("echo.jar", echo());
        assertThat(installed.statusCode()).as(installed.body()).isEqualTo(302);
        assertThat(deploy.resolve("echo.jar")).hasBinaryContent(echo());
        // The same name once more, under another file's name, is an update.
        assertThat(console.upload("echo-2.jar", echo()).statusCode()).isEqualTo(302);
        assertThat(deploy.resolve("echo-2.jar")).doesNotExist();
        console.press("stop", "com.example.echo");
        console.press("start", "com.example.echo");
        console.press("uninstall", "com.example.echo");
        assertThat(deploy.resolve("echo.jar")).doesNotExist();
    }

    @Test
    void what_is_no_bundle_is_refused_with_the_reason_and_leaves_nothing() throws Exception {
        byte[] text = "not a jar".getBytes(StandardCharsets.UTF_8);
        HttpResponse<String> refused = console.upload("nonsense.jar", text);
        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(refused.body()).contains("bundle");
        assertThat(console.upload("../nonsense.sh", text).statusCode()).isIn(400, 422);
        assertThat(deploy.resolve("nonsense.jar")).doesNotExist();
        assertThat(status().path("warnings").isMissingNode()).isTrue();
    }

    @Test
    void a_bundle_of_the_node_is_not_stopped_replaced_or_removed() throws Exception {
        long store = console.id("dev.tarn.store");
        for (String action : new String[] {"stop", "uninstall", "update"}) {
            HttpResponse<String> refused = console.post("bundles/" + store, "action=" + action);
            assertThat(refused.statusCode()).as(action).isEqualTo(403);
            assertThat(refused.body()).contains("part of the node");
        }
        assertThat(console.post("bundles/999999", "action=stop").statusCode()).isEqualTo(404);
    }

    @Test
    void a_huge_form_is_refused() throws Exception {
        try (RawClient client = new RawClient(tarn.port("admin"))) {
            // The head alone: whoever sends all of it may find the connection closed before he reads the answer.
            client.sendText("POST /system/console/bundles HTTP/1.1\r\nHost: " + tarn.address("admin") + "\r\n"
                    + String.join(": ", tarn.login().headers())
                    + "\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 99000000\r\n\r\n");
            assertThat(client.readHttpHead()).startsWith("HTTP/1.1 413");
        }
        assertThat(status().path("status").asText()).isEqualTo("up");
    }

    @Test
    void a_form_without_login_or_from_elsewhere_is_refused() throws Exception {
        String target = "http://" + tarn.address("admin") + "/system/console/bundles";
        HttpRequest.Builder nobody = HttpRequest.newBuilder(java.net.URI.create(target));
        assertThat(CLIENT.send(Console.upload(nobody, "echo.jar", echo()), BodyHandlers.discarding())
                        .statusCode())
                .isEqualTo(401);
        HttpRequest.Builder wrong = HttpRequest.newBuilder(java.net.URI.create(target))
                .header("Authorization", Http.basic(String.valueOf(tarn.login().name()), "wrong"));
        assertThat(CLIENT.send(Console.upload(wrong, "echo.jar", echo()), BodyHandlers.discarding())
                        .statusCode())
                .isEqualTo(401);
        HttpRequest.Builder elsewhere = HttpRequest.newBuilder(java.net.URI.create(target))
                .headers(tarn.login().headers())
                .headers("Origin", "http://evil.example", "Sec-Fetch-Site", "cross-site", "User-Agent", "Mozilla/5.0");
        assertThat(CLIENT.send(Console.upload(elsewhere, "echo.jar", echo()), BodyHandlers.discarding())
                        .statusCode())
                .isEqualTo(403);
    }

    @Test
    void a_configuration_that_a_component_needs_is_not_deleted() throws Exception {
        for (String pid : new String[] {"dev.tarn.store", "dev.tarn.security", "dev.tarn.listener~admin"}) {
            HttpResponse<String> refused = console.post("configMgr/" + pid, "apply=1&delete=1");
            assertThat(refused.statusCode()).as(pid).isIn(400, 405, 501);
            assertThat(refused.body()).containsAnyOf("not deleted", "carries the console");
        }
        assertThat(status().path("status").asText()).isEqualTo("up");
    }

    @Test
    void a_listener_is_added_changed_and_deleted_and_the_file_says_so() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        HttpResponse<String> added = console.post(
                "configMgr/%5BTemporary%20PID%20replaced%20by%20real%20PID%20upon%20save%5D",
                "apply=true&factoryPid=dev.tarn.listener&action=ajaxConfigManager&name=second&port=" + port
                        + "&host=127.0.0.1&protocols=mqtt&propertylist=name,port,host,protocols");
        assertThat(added.statusCode()).as(added.body()).isIn(200, 302);
        saved("# mine", "listener.second.port: " + port, "listener.second.protocols: [mqtt]");
        String pid = Eventually.passes(SOON, () -> {
            String pids = console.get("configMgr").body();
            java.util.regex.Matcher found = java.util.regex.Pattern.compile("\"(dev\\.tarn\\.listener\\.[^\"]+)\"")
                    .matcher(pids);
            assertThat(found.find()).as(pids).isTrue();
            return found.group(1);
        });
        assertThat(console.post("configMgr/" + pid, "apply=1&delete=1").statusCode())
                .isEqualTo(200);
        saved("# mine", "listener.second.port: \"off\"");
        Eventually.passes(SOON, () -> {
            assertThat(status().path("listeners").has("second")).isFalse();
            return null;
        });

        assertThat(console.post("configMgr/dev.tarn.listener~mqtt", "apply=1&delete=1")
                        .statusCode())
                .isEqualTo(200);
        saved("# mine", "port: \"off\"");
        Eventually.passes(SOON, () -> {
            assertThat(status().path("listeners").has("mqtt")).isFalse();
            return null;
        });
    }
}
