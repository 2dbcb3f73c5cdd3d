// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.testkit.EventReader;
import dev.tarn.testkit.WebSocketClient;
import jakarta.jms.JMSRuntimeException;
import jakarta.jms.Queue;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each protocol of the image is replaced, stopped, removed and installed again, that of AMQP in every round, while clients of all of them are at work: by
 * files in {@code deploy}, by {@code tarn bundle}, and by the forms of the console. Whoever speaks another protocol notices
 * nothing; what was removed leaves nothing behind; sessions are there again.
 */
class ComeAndGoTest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final int ROUNDS = Integer.getInteger("tarn.rounds");

    @TempDir
    Path folder;

    private Path image;
    private Tarn tarn;
    private Console console;
    private int mqttPort;

    /** How often classes of a bundle that was gone were still there at first; told at the end. */
    private int codeThrownAway;

    private int echoPort;
    private int amqpPort;

    /** A bundle that comes and goes. */
    private enum Victim {
        HTTP("tarn-http", "dev.tarn.http", "tarn-static-files"),
        SSE("tarn-sse", "dev.tarn.sse", "none"),
        WEBSOCKET("tarn-websocket", "dev.tarn.websocket", "none"),
        MQTT("tarn-mqtt", "dev.tarn.mqtt", "tarn-mqtt-sessions"),
        AMQP("tarn-amqp", "dev.tarn.amqp", "tarn-amqp-feeds"),
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

    /** Those of whose stop it was seen that its clients are turned away; once is enough for each. */
    private final Set<Victim> turnedAway = EnumSet.noneOf(Victim.class);

    /** How it is done. */
    private enum Way {
        FILES,
        COMMAND,
        CONSOLE
    }

    private Path shipped(Victim victim) throws Exception {
        return victim == Victim.ECHO
                ? Path.of(System.getProperty("tarn.echo"))
                : DeployTest.jar(Tarn.IMAGE, victim.file);
    }

    private Path deployed(Victim victim) {
        return folder.resolve("data/deploy").resolve(victim.file + ".jar");
    }

    /** The jar under the name that it is deployed by, for those who send it. */
    private Path jar(Victim victim) throws Exception {
        Path jar = Files.createDirectories(folder.resolve("jars")).resolve(victim.file + ".jar");
        return Files.copy(shipped(victim), jar, StandardCopyOption.REPLACE_EXISTING);
    }

    /** {@code tarn bundle} with these words. */
    private void command(String... words) throws Exception {
        List<String> line = new ArrayList<>(List.of(image.resolve("bin/tarn").toString(), "bundle"));
        line.addAll(List.of(words));
        line.addAll(List.of("--data", folder.resolve("data").toString()));
        Tarn.run(line, 120);
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
                try (EventReader events =
                        new EventReader(tarn.uri("/x/1"), tarn.login().headers())) {
                    if (events.head().statusCode() != 200) {
                        throw new IOException("status " + events.head().statusCode());
                    }
                }
            }
            case WEBSOCKET ->
                new WebSocketClient(tarn.ws("/x/1"), null, tarn.login().headers()).close();
            case MQTT ->
                Mqtt.tcp(Mqtt.V5, mqttPort, tarn.login().name(), tarn.login().password())
                        .close();
            case AMQP -> {
                try (Jms jms = Jms.to(
                        "amqp://127.0.0.1:" + amqpPort,
                        tarn.login().name(),
                        tarn.login().password())) {
                    // A queue is one of the feeds that have a thread of their own.
                    Queue queue = jms.context().createQueue("served");
                    jms.context().createProducer().send(queue, "x");
                    Jms.next(jms.context().createConsumer(queue));
                } catch (JMSRuntimeException closed) {
                    throw new IOException(closed);
                }
            }
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

    private void update(Victim victim, Way way) throws Exception {
        String said = "updated bundle=" + victim.bundle + " ";
        long before = logged(said);
        switch (way) {
            case FILES -> drop(victim);
            case COMMAND -> command("update", victim.bundle, jar(victim).toString());
            case CONSOLE -> console.install(jar(victim));
        }
        awaitLogged(said, before + 1);
    }

    private void remove(Victim victim, Way way) throws Exception {
        String said = "uninstalled bundle=" + victim.bundle + " ";
        long before = logged(said);
        switch (way) {
            case FILES -> Files.delete(deployed(victim));
            case COMMAND -> command("uninstall", victim.bundle);
            case CONSOLE -> console.press("uninstall", victim.bundle);
        }
        awaitLogged(said, before + 1);
        if (before == 0) {
            // Takes a second, since an update might be under way.
            refused(victim);
        }
        leaves(victim, 0);
    }

    private void install(Victim victim, Way way) throws Exception {
        switch (way) {
            case FILES -> drop(victim);
            case COMMAND -> command("install", jar(victim).toString());
            case CONSOLE -> console.install(jar(victim));
        }
    }

    /** Stops and starts it; another bundle that is updated meanwhile does not start it. */
    private void stop(Victim victim, Way way) throws Exception {
        press(way, "stop", victim);
        assertThat(Inside.of(tarn).threads()).as("threads of " + victim).doesNotContainKey(victim.thread);
        if (victim != Victim.ECHO) {
            update(Victim.ECHO, Way.FILES);
        }
        if (turnedAway.add(victim)) {
            // Takes seconds, since it might come back.
            refused(victim);
        }
        press(way, "start", victim);
    }

    private void press(Way way, String action, Victim victim) throws Exception {
        if (way == Way.CONSOLE) {
            console.press(action, victim.bundle);
        } else {
            command(action, victim.bundle);
        }
    }

    /** Waits until it is served again and everybody has gone on; what was there before is gone. */
    private void settled(Crowd crowd, Victim victim) throws Exception {
        Eventually.passes(SOON, () -> {
            served(victim);
            return null;
        });
        crowd.calm();
        leaves(victim, 1);
    }

    /** So many class loaders of the bundle are left, and with none also no thread. */
    private void leaves(Victim victim, int loaders) throws Exception {
        Eventually.passes(SOON, () -> {
            Inside inside = Inside.of(tarn);
            if (inside.loaders(victim.bundle) > loaders) {
                inside = Inside.withoutCode(tarn);
                codeThrownAway++;
            }
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
    @Timeout(value = 4, unit = TimeUnit.HOURS)
    void protocols_come_and_go_while_the_others_serve() throws Exception {
        image = OperationTest.copy(Tarn.IMAGE, folder.resolve("image"));
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
        amqpPort = DeployTest.freePort();
        OperationTest.copy(
                Path.of(System.getProperty("tarn.examples"), "getting-started"),
                folder.resolve("data/deploy/getting-started"));
        tarn = Tarn.start(folder.resolve("data"))
                .image(image)
                .set("mqtt.port", mqttPort)
                .set("echo.port", echoPort)
                .set("amqp.port", amqpPort)
                .environment("TARN_OPTS", Inside.options(folder))
                .ready()
                .administered(folder.resolve("data"));
        console = new Console(tarn).opened();
        for (Victim victim : Victim.values()) {
            // Those that are deployed may come a moment after the node is ready.
            Eventually.passes(SOON, () -> {
                served(victim);
                return null;
            });
        }
        Inside before = Inside.of(tarn);
        Crowd crowd = new Crowd(tarn, mqttPort, amqpPort);
        crowd.begin();
        for (int round = 0; round < ROUNDS; round++) {
            // Every protocol in every way within 18 rounds.
            int victims = Victim.values().length;
            Victim victim = Victim.values()[round % victims];
            Way way = Way.values()[(round + round / victims) % Way.values().length];
            crowd.disturb(victim.protocol());
            update(victim, way);
            settled(crowd, victim);
            crowd.disturb(victim.protocol());
            remove(victim, way);
            install(victim, way);
            settled(crowd, victim);
            crowd.disturb(victim.protocol());
            stop(victim, way);
            settled(crowd, victim);
            if (victim != Victim.AMQP) {
                // That which was made last in every round.
                crowd.disturb(Victim.AMQP.protocol());
                remove(Victim.AMQP, Way.FILES);
                install(Victim.AMQP, Way.FILES);
                settled(crowd, Victim.AMQP);
            }
            assertThat(crowd.complaints())
                    .as("round " + round + " " + victim + " by " + way)
                    .isEmpty();
        }
        crowd.close();
        assertThat(crowd.complaints()).isEmpty();
        assertThat(crowd.written()).isGreaterThan(ROUNDS * 10L);
        Eventually.passes(SOON, () -> {
            Inside after = Inside.withoutCode(tarn);
            assertThat(after.loaders()).isEqualTo(before.loaders());
            assertThat(after.threads())
                    .allSatisfy((name, count) -> assertThat(count)
                            .as(name)
                            .isLessThanOrEqualTo(Math.max(before.threads().getOrDefault(name, 0), atMost(name))));
            assertThat(after.buffers()).as("buffers").isEqualTo(before.buffers());
            return null;
        });
        System.out.println(ROUNDS + " rounds, " + crowd.written() + " messages; compiled code was thrown away "
                + codeThrownAway + " times");
        assertThat(tarn.err())
                .as("nothing went wrong inside")
                .filteredOn(line -> !line.contains(" dev.tarn.security.FirstAdministrator "))
                .isEmpty();
    }
}
