// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The demo with clients that others wrote: npm's, Debian's, and a browser. Installs what is missing. */
@Tag("clients")
class StockClientsTest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final long INSTALL_SECONDS = 600;
    private static final AtomicInteger IDS = new AtomicInteger(500);
    private static final List<String> SUBSCRIBERS = List.of(
            "npm-mqtt-3",
            "npm-mqtt-5",
            "npm-mqtt-3-websocket",
            "npm-mqtt-5-websocket",
            "npm-eventsource",
            "npm-ws",
            "mosquitto-3",
            "mosquitto-5",
            "paho-3",
            "paho-5",
            "rhea",
            "rhea-websocket",
            "proton");

    @TempDir
    static Path data;

    private static Path scripts;
    private static Tarn tarn;

    @BeforeAll
    static void install() throws Exception {
        List<String> missing = new ArrayList<>();
        for (String[] tool : new String[][] {
            {"/usr/bin/mosquitto_pub", "mosquitto-clients"},
            {"/usr/lib/python3/dist-packages/paho", "python3-paho-mqtt"},
            {"/usr/lib/python3/dist-packages/proton", "python3-qpid-proton"},
            {"/usr/bin/chromium", "chromium"},
            {"/usr/bin/npm", "npm"}
        }) {
            if (!Files.exists(Path.of(tool[0]))) {
                missing.add(tool[1]);
            }
        }
        if (!missing.isEmpty()) {
            List<String> line = new ArrayList<>(List.of("apt-get", "install", "-y", "--no-install-recommends"));
            line.addAll(missing);
            Tarn.run(line, INSTALL_SECONDS);
        }
        scripts = Files.createDirectories(Path.of(System.getProperty("tarn.clients")));
        try (Stream<Path> sources = Files.list(Path.of("src/test/clients"))) {
            for (Path source : sources.filter(Files::isRegularFile).toList()) {
                Files.copy(source, scripts.resolve(source.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        Tarn.run(List.of("npm", "install", "--no-audit", "--no-fund", "--prefix", scripts.toString()), INSTALL_SECONDS);
        tarn = Tarn.dev(data, Path.of(System.getProperty("tarn.examples"), "getting-started"))
                .set("amqp.port", 0)
                .ready();
    }

    @AfterAll
    static void stop() throws Exception {
        if (tarn != null) {
            tarn.close();
        }
    }

    /** Processes that print one line for each thing they are told. */
    private static final class Listeners implements AutoCloseable {
        final List<String> lines = new CopyOnWriteArrayList<>();
        private final List<Process> processes = new ArrayList<>();

        void start(String prefix, List<String> line) throws IOException {
            Process process = new ProcessBuilder(line)
                    .redirectInput(new File("/dev/null"))
                    .redirectErrorStream(true)
                    .start();
            processes.add(process);
            Thread thread = new Thread(() -> {
                try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
                    reader.lines().forEach(text -> lines.add(prefix + text));
                } catch (IOException | java.io.UncheckedIOException ended) {
                    lines.add(prefix + "ended");
                }
            });
            thread.setDaemon(true);
            thread.start();
        }

        List<String> of(String name) {
            return lines.stream()
                    .filter(line -> line.startsWith(name + " "))
                    .map(line -> line.substring(name.length() + 1))
                    .toList();
        }

        /** What a subscriber was told, without its own notes. */
        List<JsonNode> told(String name) throws IOException {
            List<JsonNode> told = new ArrayList<>();
            for (String line : of(name)) {
                if (line.startsWith("{")) {
                    told.add(Http.json(line));
                }
            }
            return told;
        }

        @Override
        public void close() throws InterruptedException {
            for (Process process : processes) {
                process.destroy();
                if (!process.waitFor(10, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            }
        }
    }

    private static Listeners everybody(String path) throws Exception {
        Listeners all = new Listeners();
        String port = String.valueOf(tarn.port("mqtt"));
        all.start(
                "",
                List.of(
                        "node",
                        scripts.resolve("subscribe.js").toString(),
                        tarn.address("http"),
                        tarn.address("mqtt"),
                        path));
        for (String version : List.of("3", "5")) {
            all.start(
                    "mosquitto-" + version + " ",
                    List.of(
                            "stdbuf",
                            "-oL",
                            "mosquitto_sub",
                            "-h",
                            "127.0.0.1",
                            "-p",
                            port,
                            "-V",
                            version.equals("3") ? "mqttv311" : "mqttv5",
                            "-t",
                            path,
                            "-q",
                            "1",
                            "-d",
                            "-F",
                            "{\"topic\":\"%t\",\"retain\":%r,\"value\":%p}"));
            all.start(
                    "",
                    List.of(
                            "/usr/bin/python3",
                            scripts.resolve("with_paho.py").toString(),
                            "subscribe",
                            "paho-" + version,
                            port,
                            path));
        }
        for (String name : List.of("rhea", "rhea-websocket")) {
            all.start("", withRhea("subscribe", name, path));
        }
        all.start("", withProton("subscribe", "proton", path));
        Eventually.passes(SOON, () -> {
            for (String name : SUBSCRIBERS) {
                assertThat(all.of(name)).as(name).anyMatch(line -> line.equals("ready") || line.contains("SUBACK"));
            }
            return null;
        });
        return all;
    }

    private static List<String> withRhea(String action, String name, String... rest) {
        List<String> line = new ArrayList<>(List.of(
                "node",
                scripts.resolve("with_rhea.js").toString(),
                action,
                name,
                tarn.address("amqp"),
                tarn.address("http")));
        line.addAll(List.of(rest));
        return line;
    }

    private static List<String> withProton(String action, String name, String... rest) {
        List<String> line = new ArrayList<>(List.of(
                "/usr/bin/python3", scripts.resolve("with_proton.py").toString(), action, name, tarn.address("amqp")));
        line.addAll(List.of(rest));
        return line;
    }

    private static void write(String name, String path, String json) throws Exception {
        String port = String.valueOf(tarn.port("mqtt"));
        String version = name.substring(name.length() - 1);
        List<String> line;
        if (name.startsWith("npm")) {
            line = List.of(
                    "node",
                    scripts.resolve("publish.js").toString(),
                    name,
                    tarn.address("http"),
                    tarn.address("mqtt"),
                    path,
                    json);
        } else if (name.startsWith("mosquitto")) {
            line = List.of(
                    "mosquitto_pub",
                    "-h",
                    "127.0.0.1",
                    "-p",
                    port,
                    "-V",
                    version.equals("3") ? "mqttv311" : "mqttv5",
                    "-q",
                    "1",
                    "-r",
                    "-t",
                    path,
                    "-m",
                    json);
        } else if (name.startsWith("rhea")) {
            line = withRhea("publish", name, path, json);
        } else if (name.startsWith("proton")) {
            line = withProton("publish", name, path, json);
        } else if (name.startsWith("paho")) {
            line = List.of(
                    "/usr/bin/python3", scripts.resolve("with_paho.py").toString(), "publish", name, port, path, json);
        } else {
            line = List.of(
                    "curl",
                    "-sSf",
                    "-X",
                    "PUT",
                    tarn.uri("/" + path).toString(),
                    "-H",
                    "Content-Type: application/json",
                    "-d",
                    json);
        }
        Tarn.run(line, 30);
    }

    private static void assertTold(Listeners all, String row, int times, boolean retained) throws Exception {
        JsonNode expected = Http.json(row);
        for (String name : SUBSCRIBERS) {
            Eventually.passes(SOON, () -> {
                List<JsonNode> told = all.told(name);
                assertThat(told).as(name + " " + all.of(name)).hasSize(times);
                JsonNode last = told.get(times - 1);
                assertThat(last.path("value")).as(name).isEqualTo(expected);
                if (last.has("retain")) {
                    assertThat(last.path("retain").asBoolean()
                                    || last.path("retain").asInt() == 1)
                            .as(name)
                            .isEqualTo(retained);
                }
                return null;
            });
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "npm-mqtt-3",
                "npm-mqtt-5",
                "npm-mqtt-3-websocket",
                "npm-mqtt-5-websocket",
                "npm-ws",
                "mosquitto-3",
                "mosquitto-5",
                "paho-3",
                "paho-5",
                "rhea",
                "rhea-anonymous",
                "rhea-websocket",
                "proton",
                "curl"
            })
    void what_one_client_writes_all_clients_see_once(String writer) throws Exception {
        String id = String.valueOf(IDS.incrementAndGet());
        String path = "Sensors/" + id;
        String row = "{\"id\":\"" + id + "\",\"temp\":72.5,\"location\":\"warehouse\"}";
        try (Listeners early = everybody(path)) {
            write(writer, path, "{\"temp\":72.5,\"location\":\"warehouse\"}");
            assertTold(early, row, 1, false);
            write("curl", path, "{\"temp\":73.25}");
            assertTold(early, "{\"id\":\"" + id + "\",\"temp\":73.25}", 2, false);
        }
        try (Listeners late = everybody(path)) {
            assertTold(late, "{\"id\":\"" + id + "\",\"temp\":73.25}", 1, true);
        }
    }

    /** Whether a client that has logged in so may put a row, which then is there. */
    private static boolean puts(Tarn guarded, List<String> client, String... how) throws Exception {
        String path = "login/" + IDS.incrementAndGet();
        List<String> line = new ArrayList<>(client);
        line.add(path);
        line.addAll(List.of(how));
        try {
            Tarn.run(line, 60);
        } catch (AssertionError refused) {
            assertThat(refused).hasMessageContaining("refused");
            assertThat(Http.get(guarded, "/" + path).statusCode()).isEqualTo(404);
            return false;
        }
        assertThat(Http.text(Http.get(guarded, "/" + path))).isEqualTo("in");
        return true;
    }

    @Test
    void clients_of_amqp_log_in_over_plain_bytes_tls_and_websockets_on_the_ports_that_there_are(@TempDir Path elsewhere)
            throws Exception {
        Papers papers = new Papers(elsewhere.resolve("papers"));
        papers.client("admin");
        papers.client("nobody");
        try (Tarn guarded = papers.shown(Tarn.start(elsewhere.resolve("data")))
                .set("amqp.port", 0)
                .set("amqp.plainNeedsTls", true)
                .ready()
                .administered(elsewhere.resolve("data"))) {
            String user = "user=" + guarded.login().name();
            String password = "password=" + guarded.login().password();
            String ca = "ca=" + papers.path("authority.crt");
            String[] mine = {ca, "cert=" + papers.path("admin.crt"), "key=" + papers.path("admin.key")};
            String[] nobodys = {ca, "cert=" + papers.path("nobody.crt"), "key=" + papers.path("nobody.key")};
            String script = scripts.resolve("login_rhea.js").toString();
            List<String> rhea = List.of("node", script, guarded.address("amqp"));
            assertThat(puts(guarded, rhea, user, password, ca))
                    .as("PLAIN over TLS")
                    .isTrue();
            assertThat(puts(guarded, rhea, user, "password=wrong", ca)).isFalse();
            assertThat(puts(guarded, rhea, user, password))
                    .as("PLAIN in plain bytes")
                    .isFalse();
            assertThat(puts(guarded, rhea)).as("nothing").isFalse();
            assertThat(puts(guarded, rhea, mine)).as("EXTERNAL").isTrue();
            assertThat(puts(guarded, rhea, nobodys)).isFalse();
            script = scripts.resolve("login_proton.py").toString();
            List<String> proton = List.of("/usr/bin/python3", script, "amqp://" + guarded.address("amqp"));
            List<String> secret = List.of("/usr/bin/python3", script, "amqps://" + guarded.address("amqp"));
            assertThat(puts(guarded, secret, user, password, "mechanism=PLAIN", ca))
                    .isTrue();
            assertThat(puts(guarded, secret, user, "password=wrong", "mechanism=PLAIN", ca))
                    .isFalse();
            assertThat(puts(guarded, proton, user, password, "mechanism=PLAIN")).isFalse();
            assertThat(puts(guarded, proton, "mechanism=ANONYMOUS")).isFalse();
            assertThat(puts(guarded, secret, "mechanism=EXTERNAL", mine[0], mine[1], mine[2]))
                    .isTrue();
        }
        try (Tarn open = papers.shown(Tarn.start(elsewhere.resolve("more")))
                .set("amqp.port", 0)
                .ready()
                .administered(elsewhere.resolve("more"))) {
            List<String> socket =
                    List.of("node", scripts.resolve("login_rhea.js").toString(), open.address("http"));
            String user = "user=" + open.login().name();
            assertThat(puts(open, socket, user, "password=" + open.login().password(), "websocket=yes"))
                    .isTrue();
            assertThat(puts(open, socket, user, "password=wrong", "websocket=yes"))
                    .isFalse();
        }
    }

    @Test
    void the_page_in_a_browser_shows_rows_as_they_change() throws Exception {
        write("curl", "Sensors/browser", "{\"location\":\"before the page\",\"temp\":1}");
        try (Listeners browser = new Listeners()) {
            browser.start(
                    "",
                    List.of(
                            "node",
                            scripts.resolve("browser.js").toString(),
                            "/usr/bin/chromium",
                            tarn.address("http"),
                            "before the page",
                            "while it is open"));
            Eventually.passes(Duration.ofSeconds(60), () -> {
                assertThat(browser.of("chromium")).contains("ready", "seen before the page");
                return null;
            });
            write("mosquitto-5", "Sensors/browser", "{\"location\":\"while it is open\",\"temp\":2}");
            Eventually.passes(SOON, () -> {
                assertThat(browser.of("chromium")).contains("seen while it is open");
                return null;
            });
        }
    }

    /** Without the dots of a relative path, which a browser does not take for a file. */
    private static String jar(String property) {
        return Path.of(System.getProperty(property)).normalize().toString();
    }

    @Test
    void the_buttons_of_the_pages_of_protocols_and_applications_do_what_they_say(@TempDir Path elsewhere)
            throws Exception {
        // Without the demo, which has the table of the application that is deployed.
        try (Tarn alone = Tarn.dev(elsewhere).ready();
                Listeners browser = new Listeners()) {
            browser.start(
                    "",
                    List.of(
                            "node",
                            scripts.resolve("console.js").toString(),
                            "/usr/bin/chromium",
                            alone.address("admin"),
                            jar("tarn.echo"),
                            jar("tarn.sensors")));
            Eventually.passes(Duration.ofMinutes(5), () -> {
                assertThat(browser.lines).contains("console done");
                return null;
            });
            assertThat(browser.of("console")).noneMatch(line -> line.startsWith("error"));
        }
    }

    @Test
    void the_page_of_the_led_signs_shows_what_devices_say_and_changes_it(@TempDir Path elsewhere) throws Exception {
        Path example = Path.of(System.getProperty("tarn.examples")).resolve("led-sign");
        try (Tarn signs = Tarn.dev(elsewhere, example).ready();
                Mqtt device = Mqtt.tcp(5, signs.port("mqtt"));
                Listeners browser = new Listeners()) {
            device.publish("signs/lobby", "{\"text\":\"WELCOME\",\"brightness\":80,\"power\":true}", 1, true);
            device.publish("signs/door", "PLEASE KNOCK", 1, true);
            assertThat(Http.text(Http.get(signs, "/signs/door"))).isEqualTo("PLEASE KNOCK");
            browser.start(
                    "",
                    List.of(
                            "node",
                            scripts.resolve("led.js").toString(),
                            "/usr/bin/chromium",
                            signs.address("http"),
                            elsewhere.resolve("signs.png").toString()));
            Eventually.passes(Duration.ofMinutes(3), () -> {
                assertThat(browser.of("led")).contains("ready", "seen", "changed");
                return null;
            });
            assertThat(Http.text(Http.get(signs, "/signs/lobby")))
                    .contains("CLOSED")
                    .contains("\"brightness\":20");
        }
    }
}
