// SPDX-License-Identifier: Apache-2.0
package dev.tarn.docs;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The built image with an application, and a shell beside it. */
final class Server implements AutoCloseable {

    static final Path IMAGE = Path.of(System.getProperty("tarn.image")).normalize();

    /** The port of the reader's own protocol on the pages. */
    private static final String OWN_PORT = "7007";

    private static final Pattern READY = Pattern.compile("(?m)^ready in .* http \\S+:(\\d+) .*mqtt \\S+:(\\d+)$");

    private final Path directory;
    private final Process process;
    private final Path log;
    private final String http;
    private final String mqtt;
    private final String own;

    /** Starts it and waits until it is ready. Scripts run beside its {@code deploy}. */
    Server(Path directory, Path application, String configuration) throws IOException {
        this.directory = directory;
        log = directory.resolve("tarn.log");
        own = freePort();
        Files.createDirectories(directory.resolve("deploy"));
        Path file = Files.writeString(directory.resolve("tarn.yaml"), configuration.replace(OWN_PORT, own));
        ProcessBuilder tarn = new ProcessBuilder(
                        IMAGE.resolve("bin/tarn").toString(),
                        "dev",
                        application.toString(),
                        "--conf",
                        file.toString(),
                        "--data",
                        directory.resolve("data").toString(),
                        "--set",
                        "deploy.directory=" + directory.resolve("deploy"),
                        "--set",
                        "http.port=0",
                        "--set",
                        "mqtt.port=0",
                        "--set",
                        "amqp.port=off",
                        "--set",
                        "admin.port=0")
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        // It runs for seconds: what the better compiler would make fast is over before that pays.
        tarn.environment().putIfAbsent("TARN_OPTS", "-XX:TieredStopAtLevel=1");
        process = tarn.start();
        Matcher ready = READY.matcher("");
        long end = System.nanoTime() + Duration.ofSeconds(90).toNanos();
        while (!ready.find()) {
            if (!process.isAlive() || System.nanoTime() > end) {
                close();
                throw new AssertionError("not ready: " + said());
            }
            LockSupport.parkNanos(20_000_000);
            ready.reset(said());
        }
        http = ready.group(1);
        mqtt = ready.group(2);
    }

    private static String freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return String.valueOf(socket.getLocalPort());
        }
    }

    /** Everything on its log. */
    String said() throws IOException {
        return Files.exists(log) ? Files.readString(log) : "";
    }

    /** What a script prints; ports of the documentation are replaced by the real ones. */
    String run(String script) throws IOException, InterruptedException {
        String real = script.replace(":9926", ":" + http)
                .replaceAll("(mosquitto_(?:pub|sub)) ", "$1 -p " + mqtt + " ")
                .replace(OWN_PORT, own)
                .replace(
                        " distro/",
                        " " + IMAGE.resolveSibling("../..").toAbsolutePath().normalize() + "/");
        Path out = Files.createTempFile(directory, "out", ".txt");
        // Without a terminal curl would print how far it is.
        Files.writeString(directory.resolve(".curlrc"), "silent\nshow-error\n");
        ProcessBuilder builder = new ProcessBuilder(List.of("bash", "-ec", real))
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(out.toFile());
        builder.environment().put("HOME", directory.toString());
        Process shell = builder.start();
        if (!shell.waitFor(60, TimeUnit.SECONDS)) {
            shell.destroyForcibly();
            throw new AssertionError("no end within 60 seconds: " + real + "\n" + Files.readString(out));
        }
        String printed = Files.readString(out);
        if (shell.exitValue() != 0) {
            throw new AssertionError("exit " + shell.exitValue() + " of: " + real + "\n" + printed);
        }
        return printed;
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException interrupted) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
