// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.testkit.EventReader;
import dev.tarn.testkit.WebSocketClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each protocol of the image is replaced, stopped, removed and installed again while clients of all of them are at work. Whoever
 * speaks another protocol notices nothing; what was removed leaves nothing behind; sessions are there again.
 */
class ComeAndGoTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final int ROUNDS = Integer.getInteger("tarn.rounds");

    @TempDir
    Path folder;

    private Tarn tarn;
    private int mqttPort;
    private int echoPort;

    /** A bundle that comes and goes. */
    private enum Victim {
        HTTP("tarn-http", "dev.tarn.http", "tarn-static-files"),
        SSE("tarn-sse", "dev.tarn.sse", "none"),
        WEBSOCKET("tarn-websocket", "dev.tarn.websocket", "none"),
        MQTT("tarn-mqtt", "dev.tarn.mqtt", "tarn-mqtt-sessions"),
        ECHO("echo", "com.example.echo", "none");

        final String file;
        final String bundle;
        final String thread;

        Victim(String file, String bundle, String thread) {
            this.file = file;
            this.bundle = bundle;
            this.thread = thread;
        }

        String protocol() {
            return bundle.substring(bundle.lastIndexOf('.') + 1);
        }
    }

    private Path shipped(Victim victim) throws Exception {
        return victim == Victim.ECHO
                ? Path.of(System.getProperty("tarn.echo"))
                : DeployTest.jar(Tarn.IMAGE, victim.file);
    }

    private Path deployed(Victim victim) {
        return folder.resolve("data/deploy").resolve(victim.file + ".jar");
    }

    /** Puts the jar there, as a new file with another time. */
    private void drop(Victim victim) throws Exception {
        Path target = deployed(victim);
        Path partial = target.resolveSibling(victim.file + ".part");
        Files.copy(shipped(victim), partial, StandardCopyOption.REPLACE_EXISTING);
        Files.setLastModifiedTime(partial, FileTime.fromMillis(System.currentTimeMillis()));
        Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private long logged(String what) {
        return tarn.out().stream().filter(line -> line.contains(what)).count();
    }

    private void awaitLogged(String what, long times) throws Exception {
        Eventually.passes(SOON, () -> assertThat(logged(what)).as(what).isEqualTo(times));
    }

    /** A client of the protocol is served. */
    private void served(Victim victim) throws Exception {
        switch (victim) {
            case HTTP -> assertThat(Http.put(tarn, "/x/1", "1").statusCode()).isIn(201, 204);
            case SSE -> {
                try (EventReader events = new EventReader(tarn.uri("/x/1"))) {
                    if (events.head().statusCode() != 200) {
                        throw new IOException("status " + events.head().statusCode());
                    }
                }
            }
            case WEBSOCKET -> new WebSocketClient(tarn.ws("/x/1"), null).close();
            case MQTT -> Mqtt.tcp(Mqtt.V5, mqttPort).close();
            case ECHO -> {
                try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), echoPort)) {
                    socket.setSoTimeout(10_000);
                    socket.getOutputStream().write('x');
                    if (socket.getInputStream().read() != 'x') {
                        throw new IOException("closed");
                    }
                }
            }
        }
    }

    /** A client of the protocol is turned away, soon and not with an answer that another protocol made up. */
    private void refused(Victim victim) throws Exception {
        if (victim == Victim.HTTP) {
            assertThat(Http.put(tarn, "/x/1", "1").statusCode()).isEqualTo(503);
        } else {
            assertThatThrownBy(() -> served(victim)).isInstanceOf(IOException.class);
        }
    }

    private void update(Victim victim) throws Exception {
        String said = "updated bundle=" + victim.bundle + " ";
        long before = logged(said);
        drop(victim);
        awaitLogged(said, before + 1);
    }

    private void remove(Victim victim) throws Exception {
        String said = "uninstalled bundle=" + victim.bundle + " ";
        long before = logged(said);
        Files.delete(deployed(victim));
        awaitLogged(said, before + 1);
        if (before == 0) {
            // Takes a second, since an update might be under way.
            refused(victim);
        }
        leaves(victim, 0);
        drop(victim);
    }

    /** Stops and starts it by operations; another bundle that is updated meanwhile does not start it. */
    private void stop(Victim victim) throws Exception {
        operation("bundle_stop", victim);
        assertThat(Inside.of(tarn).threads()).as("threads of " + victim).doesNotContainKey(victim.thread);
        if (victim != Victim.ECHO) {
            update(Victim.ECHO);
        }
        refused(victim);
        operation("bundle_start", victim);
    }

    private void operation(String name, Victim victim) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + tarn.address("admin") + "/operations"))
                .timeout(SOON)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(
                        "{\"operation\":\"" + name + "\",\"bundle\":\"" + victim.bundle + "\"}"))
                .build();
        HttpResponse<String> answer = CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(name + " " + answer.body()).isEqualTo(200);
    }

    /** So many class loaders of the bundle are left, and with none also no thread. */
    private void leaves(Victim victim, int loaders) throws Exception {
        Eventually.passes(SOON, () -> {
            Inside inside = Inside.of(tarn);
            assertThat(inside.loaders(victim.bundle))
                    .as("class loaders of " + victim)
                    .isEqualTo(loaders);
            if (loaders == 0) {
                assertThat(inside.threads()).as("threads of " + victim).doesNotContainKey(victim.thread);
            }
            return null;
        });
    }

    /** Threads that are made when they are needed first. */
    private static int atMost(String thread) {
        for (Victim victim : Victim.values()) {
            if (victim.thread.equals(thread)) {
                return 1;
            }
        }
        return thread.startsWith("tarn-worker") ? Runtime.getRuntime().availableProcessors() * 4 : 0;
    }

    @AfterEach
    void stop() throws Exception {
        if (tarn != null) {
            assertThat(tarn.stop()).as(tarn::said).isZero();
        }
    }

    @Test
    @Timeout(value = 90, unit = TimeUnit.MINUTES)
    void protocols_come_and_go_while_the_others_serve() throws Exception {
        Path image = OperationTest.copy(Tarn.IMAGE, folder.resolve("image"));
        for (Victim victim : Victim.values()) {
            if (victim != Victim.ECHO) {
                Files.delete(DeployTest.jar(image, victim.file));
            }
            Files.createDirectories(deployed(victim).getParent());
            drop(victim);
        }
        Inside.pack(folder.resolve("data/deploy/probe.jar"));
        mqttPort = DeployTest.freePort();
        echoPort = DeployTest.freePort();
        tarn = Tarn.dev(folder.resolve("data"), Path.of(System.getProperty("tarn.examples"), "getting-started"))
                .image(image)
                .set("mqtt.port", mqttPort)
                .set("echo.port", echoPort)
                .environment("TARN_OPTS", Inside.OPTIONS)
                .ready();
        for (Victim victim : Victim.values()) {
            served(victim);
        }
        Inside before = Inside.of(tarn);
        Crowd crowd = new Crowd(tarn, mqttPort);
        crowd.begin();
        for (int round = 0; round < ROUNDS; round++) {
            Victim victim = Victim.values()[round % Victim.values().length];
            crowd.disturb(victim.protocol());
            switch (round / Victim.values().length % 3) {
                case 0 -> remove(victim);
                case 1 -> update(victim);
                default -> stop(victim);
            }
            Eventually.passes(SOON, () -> {
                served(victim);
                return null;
            });
            crowd.calm();
            leaves(victim, 1);
            assertThat(crowd.complaints()).as("round " + round + " " + victim).isEmpty();
        }
        crowd.close();
        assertThat(crowd.complaints()).isEmpty();
        assertThat(crowd.written()).isGreaterThan(ROUNDS * 10L);
        Eventually.passes(SOON, () -> {
            Inside after = Inside.of(tarn);
            assertThat(after.loaders()).isEqualTo(before.loaders());
            assertThat(after.threads())
                    .allSatisfy((name, count) -> assertThat(count)
                            .as(name)
                            .isLessThanOrEqualTo(Math.max(before.threads().getOrDefault(name, 0), atMost(name))));
            assertThat(after.buffers()).as("buffers").isEqualTo(before.buffers());
            return null;
        });
        assertThat(tarn.err()).as("nothing went wrong inside").isEmpty();
    }
}
