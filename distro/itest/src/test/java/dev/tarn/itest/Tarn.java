// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The built image, running as a process of its own, and what it says. */
final class Tarn implements AutoCloseable {
    static final Path IMAGE = Path.of(System.getProperty("tarn.image")).normalize();

    /** Options of a server that lives for some seconds: no optimising compiler, but an eye on each of Netty's buffers. */
    static final String SHORT_LIVED = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dio.netty.leakDetection.level=paranoid"
            + " -Dio.netty.leakDetection.acquireAndReleaseOnly=true";

    private static final int START_SECONDS = 90;
    private static final int STOP_SECONDS = 40;
    private static final Pattern READY = Pattern.compile("^ready in (\\d+) ms((?:  \\S+ \\S+)*)$");
    private static final Pattern LISTENER = Pattern.compile("  (\\S+) (\\S+):(\\d+)");

    private final Process process;
    private final List<String> out = new CopyOnWriteArrayList<>();
    private final List<String> err = new CopyOnWriteArrayList<>();
    private final Map<String, String> listeners = new HashMap<>();
    private final AtomicReference<Login> login = new AtomicReference<>(new Login(null, null));
    private final CountDownLatch readyOrGone = new CountDownLatch(1);
    private final CountDownLatch read = new CountDownLatch(2);

    /** Who the clients in here are; nobody has no name. */
    record Login(@Nullable String name, @Nullable String password) {
        /** The header Authorization, or none. */
        String[] headers() {
            return name == null || password == null
                    ? new String[0]
                    : new String[] {"Authorization", Http.basic(name, password)};
        }
    }

    /** What to start; each method gives a new one. */
    record Command(Path image, List<String> words, Map<String, String> environment) {
        Command with(String... more) {
            List<String> all = new ArrayList<>(words);
            all.addAll(List.of(more));
            return new Command(image, List.copyOf(all), environment);
        }

        Command set(String key, Object value) {
            return with("--set", key + "=" + value);
        }

        Command environment(String name, String value) {
            Map<String, String> all = new HashMap<>(environment);
            all.put(name, value);
            return new Command(image, words, all);
        }

        Command image(Path other) {
            return new Command(other, words, environment);
        }

        /** Starts it and waits until it is ready. Fails with all that it said when it is not. */
        Tarn ready() throws IOException, InterruptedException {
            Tarn tarn = new Tarn(this);
            if (!tarn.readyOrGone.await(START_SECONDS, TimeUnit.SECONDS) || tarn.listeners.isEmpty()) {
                tarn.kill();
                throw new AssertionError("not ready: " + tarn.said());
            }
            return tarn;
        }

        /** Starts it and waits until it has ended by itself. */
        Tarn ended() throws IOException, InterruptedException {
            Tarn tarn = new Tarn(this);
            if (!tarn.process.waitFor(START_SECONDS, TimeUnit.SECONDS)) {
                tarn.kill();
                throw new AssertionError("still running: " + tarn.said());
            }
            tarn.awaitRead();
            return tarn;
        }
    }

    /** {@code tarn} with these words and nothing else. */
    static Command command(String... words) {
        return new Command(IMAGE, List.of(words), Map.of());
    }

    /** {@code tarn dev} on free ports. */
    static Command dev(Path data) {
        return on(data, "dev");
    }

    /** {@code tarn dev} with an application, on free ports. */
    static Command dev(Path data, Path folder) {
        return on(data, "dev", folder.toString());
    }

    /** {@code tarn start} on free ports. */
    static Command start(Path data) {
        return on(data, "start");
    }

    private static Command on(Path data, String... words) {
        return command(words)
                .with("--data", data.toString())
                .set("deploy.directory", data.resolve("deploy"))
                .set("http.port", 0)
                .set("mqtt.port", 0)
                .set("amqp.port", "off")
                .set("admin.port", 0);
    }

    private Tarn(Command command) throws IOException {
        List<String> line = new ArrayList<>();
        line.add(command.image().resolve("bin/tarn").toString());
        line.addAll(command.words());
        ProcessBuilder builder = new ProcessBuilder(line);
        builder.environment().putIfAbsent("TARN_OPTS", "-Xmx256m " + SHORT_LIVED);
        builder.environment().putAll(command.environment());
        process = builder.redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
                .start();
        follow("out", process.inputReader(StandardCharsets.UTF_8), out);
        follow("err", process.errorReader(StandardCharsets.UTF_8), err);
    }

    private void follow(String name, BufferedReader reader, List<String> lines) {
        Thread thread = new Thread(
                () -> {
                    try (reader) {
                        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                            lines.add(line);
                            Matcher ready = READY.matcher(line);
                            if (ready.matches()) {
                                heard(ready.group(2));
                            }
                        }
                    } catch (IOException broken) {
                        throw new UncheckedIOException(broken);
                    } finally {
                        read.countDown();
                        readyOrGone.countDown();
                    }
                },
                "tarn-" + name);
        thread.setDaemon(true);
        thread.start();
    }

    private void heard(String announced) {
        for (Matcher listener = LISTENER.matcher(announced); listener.find(); ) {
            listeners.put(listener.group(1), listener.group(2) + ":" + listener.group(3));
        }
        readyOrGone.countDown();
    }

    private void awaitRead() throws InterruptedException {
        if (!read.await(STOP_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("its output does not end");
        }
    }

    /** The address of a listener, as the ready line has it. */
    String address(String listener) {
        String address = listeners.get(listener);
        if (address == null) {
            throw new AssertionError("no listener " + listener + " in " + listeners);
        }
        return address;
    }

    Map<String, String> listeners() {
        return Map.copyOf(listeners);
    }

    int port(String listener) {
        String address = address(listener);
        return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    }

    /** From now on clients that do not say who they are log in as the first administrator. */
    Tarn administered(Path data) throws IOException {
        String[] words =
                Files.readString(data.resolve("administrator-password")).strip().split(" ");
        login.set(new Login(words[0], words[1]));
        return this;
    }

    Login login() {
        return login.get();
    }

    /** An http: address on this server. */
    URI uri(String path) {
        return URI.create("http://" + address("http") + path);
    }

    /** The same as a WebSocket address. */
    URI ws(String path) {
        return URI.create("ws://" + address("http") + path);
    }

    long pid() {
        return process.pid();
    }

    List<String> out() {
        return List.copyOf(out);
    }

    List<String> err() {
        return List.copyOf(err);
    }

    String said() {
        return "exit code " + (process.isAlive() ? "none" : process.exitValue()) + "\nout: " + String.join("\n", out)
                + "\nerr: " + String.join("\n", err);
    }

    int exitCode() {
        return process.exitValue();
    }

    /** Ends it as an operator does, with SIGTERM. Returns its exit code. */
    int stop() throws InterruptedException {
        // Not Process.destroy, which closes the streams before the last words are read.
        process.toHandle().destroy();
        if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
            kill();
            throw new AssertionError("does not stop: " + said());
        }
        awaitRead();
        if (err.stream().anyMatch(line -> line.contains("LEAK: "))) {
            throw new AssertionError("a buffer was lost: " + said());
        }
        return process.exitValue();
    }

    /** Ends it as a crash does, with SIGKILL. */
    void kill() throws InterruptedException {
        process.toHandle().destroyForcibly();
        if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("cannot be killed");
        }
    }

    @Override
    public void close() throws InterruptedException {
        if (process.isAlive()) {
            stop();
        }
    }

    /** Runs another command and returns what it printed. Fails when it fails. */
    static List<String> run(List<String> line, long seconds) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
        List<String> lines;
        try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
            lines = reader.lines().toList();
        }
        if (!process.waitFor(seconds, TimeUnit.SECONDS) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw new AssertionError(line + " failed: " + String.join("\n", lines));
        }
        return lines;
    }
}
