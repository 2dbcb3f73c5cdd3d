// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The server as it is shipped, in Felix and in a process of its own, for the tests of a class: applications are deployed as users
 * deploy them. Everybody is an administrator. {@link TarnExtension} starts faster, and its code can be stopped in.
 *
 * <pre>
 * &#64;RegisterExtension
 * static final ImageExtension TARN =
 *         ImageExtension.of(Path.of("/opt/tarn")).application(Path.of("target/readings-1.0.jar"));
 * </pre>
 */
public final class ImageExtension implements BeforeAllCallback, AfterAllCallback {

    private static final long PATIENCE_SECONDS = 120;
    private static final String READY = "ready in ";

    private final Path image;
    private final List<Path> applications = new ArrayList<>();
    private @Nullable Path directory;
    private @Nullable Process process;
    private String ports = "";

    private ImageExtension(Path image) {
        this.image = image;
    }

    /** The server whose command is {@code bin/tarn} in this folder. */
    public static ImageExtension of(Path image) {
        return new ImageExtension(image);
    }

    /** With an application: a jar, or a folder. */
    public ImageExtension application(Path jarOrFolder) {
        applications.add(jarOrFolder);
        return this;
    }

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        Path made = Files.createTempDirectory("tarn-image-");
        directory = made;
        Path deploy = Files.createDirectories(made.resolve("deploy"));
        for (Path application : applications) {
            copy(application, deploy.resolve(application.getFileName().toString()));
        }
        Path log = made.resolve("log");
        process = new ProcessBuilder(
                        image.resolve("bin/tarn").toString(),
                        "dev",
                        "--data",
                        made.resolve("data").toString(),
                        "--set",
                        "deploy.directory=" + deploy,
                        "--set",
                        "http.port=0",
                        "--set",
                        "mqtt.port=0",
                        "--set",
                        "amqp.port=0",
                        "--set",
                        "admin.port=0")
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        ports = ready(process, log);
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path copy = to.resolve(from.relativize(file).toString());
                // Of a jar there is nothing but itself.
                Path target = file.equals(from) ? to : copy;
                Path parent = target.getParent();
                if (parent != null) {
                    Files.createDirectories(parent);
                }
                Files.copy(file, target);
            }
        }
    }

    /** The line that names the ports. */
    private static String ready(Process process, Path log) throws IOException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (System.nanoTime() < end) {
            boolean alive = process.isAlive();
            Optional<String> line = Files.readAllLines(log).stream()
                    .filter(each -> each.startsWith(READY))
                    .findFirst();
            if (line.isPresent()) {
                return line.get();
            } else if (!alive) {
                break;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
        process.destroyForcibly();
        throw new IllegalStateException("the server did not get ready: " + Files.readString(log));
    }

    @Override
    public void afterAll(ExtensionContext context) throws InterruptedException, IOException {
        if (process != null) {
            process.destroy();
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        }
        if (directory != null) {
            try (Stream<Path> files = Files.walk(directory)) {
                files.sorted(Comparator.reverseOrder()).forEach(ImageExtension::delete);
            }
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** The port of a listener: {@code http}, {@code mqtt}, {@code amqp}, {@code admin}. */
    public int port(String listener) {
        Matcher matcher = Pattern.compile("\\b" + Pattern.quote(listener) + " \\S*:([0-9]+)")
                .matcher(ports);
        if (!matcher.find()) {
            throw new IllegalStateException("nothing listens as " + listener + "; " + ports);
        }
        return Integer.parseInt(matcher.group(1));
    }

    /** The address of a path over HTTP. */
    public URI uri(String pathAndQuery) {
        return URI.create("http://127.0.0.1:" + port("http") + pathAndQuery);
    }

    /** Asks over HTTP, with a body in JSON where there is one. */
    public HttpResponse<String> send(String method, String path, @Nullable String json)
            throws IOException, InterruptedException {
        HttpRequest.BodyPublisher body =
                json == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(json);
        HttpRequest request = HttpRequest.newBuilder(uri(path))
                .method(method, body)
                .header("Content-Type", "application/json")
                .build();
        return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    }
}
