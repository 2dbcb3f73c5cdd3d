// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys of an issuer (RFC 7517 §5), from a file or over HTTPS. Read when they are first needed, after a while, and when a
 * token names one that is not among them; a set that cannot be read leaves the former one in force. Safe on any thread; blocks
 * while it reads, one thread at a time.
 */
final class KeySet {

    private static final Logger LOG = LoggerFactory.getLogger(KeySet.class);

    private static final int LARGEST = 1 << 20;
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /** Keys older than this are read again. */
    static final Duration FRESH = Duration.ofMinutes(10);

    /** Not more often than this, whatever keys are named. */
    static final Duration PAUSE = Duration.ofSeconds(10);

    /** What is there, and when it was last asked for. */
    private record Loaded(List<JsonWebKey> keys, Instant at, Instant tried) {}

    private final String place;
    private final Bodies bodies;
    private final InstantSource clock;
    private final AtomicReference<Loaded> loaded =
            new AtomicReference<>(new Loaded(List.of(), Instant.EPOCH, Instant.EPOCH));

    /** Which thread reads. */
    private final AtomicReference<@Nullable Thread> reading = new AtomicReference<>();

    /**
     * @param place an address with https, or with http on this machine; else a file
     * @throws IllegalArgumentException for an address that others could answer for
     */
    KeySet(String place, Bodies bodies, InstantSource clock) {
        this.place = place;
        this.bodies = bodies;
        this.clock = clock;
        if (place.startsWith("http://")) {
            String host = String.valueOf(URI.create(place).getHost());
            if (!host.equals("localhost") && !host.equals("127.0.0.1") && !host.equals("[::1]")) {
                throw new IllegalArgumentException("issuer.keys must be read over https, or from a file");
            }
        }
    }

    /**
     * The keys that a token may mean.
     *
     * @param id that it names; empty for none, which means any
     */
    List<JsonWebKey> named(String id) {
        Loaded now = Objects.requireNonNull(loaded.get());
        Instant moment = clock.instant();
        boolean stale = now.at().plus(FRESH).isBefore(moment);
        boolean strange = matching(now.keys(), id).isEmpty();
        if ((stale || strange) && now.tried().plus(PAUSE).isBefore(moment)) {
            now = again(now, moment);
        }
        return matching(now.keys(), id);
    }

    private static List<JsonWebKey> matching(List<JsonWebKey> keys, String id) {
        return id.isEmpty()
                ? keys
                : keys.stream().filter(key -> key.id().equals(id)).toList();
    }

    private Loaded again(Loaded before, Instant moment) {
        if (!reading.compareAndSet(null, Thread.currentThread())) {
            return before;
        }
        try {
            Loaded after = new Loaded(read(), moment, moment);
            loaded.set(after);
            return after;
        } catch (IOException | Failure | IllegalArgumentException unreadable) {
            LOG.warn("issuer-keys=unreadable place={} reason=\"{}\"", place, unreadable.getMessage());
            Loaded after = new Loaded(before.keys(), before.at(), moment);
            loaded.set(after);
            return after;
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            return before;
        } finally {
            reading.set(null);
        }
    }

    private List<JsonWebKey> read() throws IOException, InterruptedException {
        boolean remote = place.startsWith("https://") || place.startsWith("http://");
        byte[] bytes = remote ? fetched() : file();
        if (!(bodies.structured(Bodies.JSON, bytes).value() instanceof Map<?, ?> set)
                || !(set.get("keys") instanceof List<?> described)) {
            throw new IOException("it is no set of keys");
        }
        List<JsonWebKey> keys = new ArrayList<>();
        for (Object one : described) {
            if (one instanceof Map<?, ?> key) {
                JsonWebKey.of(key).ifPresent(keys::add);
            }
        }
        LOG.info("issuer-keys=read place={} keys={} usable={}", place, described.size(), keys.size());
        return List.copyOf(keys);
    }

    private byte[] file() throws IOException {
        Path file = Path.of(place);
        if (Files.size(file) > LARGEST) {
            throw new IOException("it is larger than " + LARGEST + " bytes");
        }
        return Files.readAllBytes(file);
    }

    private byte[] fetched() throws IOException, InterruptedException {
        HttpClient client = HttpClient.newBuilder()
                .connectTimeout(PATIENCE)
                .followRedirects(HttpClient.Redirect.NEVER)
                .build();
        HttpRequest request = HttpRequest.newBuilder(URI.create(place))
                .timeout(PATIENCE)
                .header("Accept", "application/json")
                .build();
        HttpResponse<InputStream> answer = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream in = answer.body()) {
            byte[] bytes = in.readNBytes(LARGEST + 1);
            if (answer.statusCode() != 200 || bytes.length > LARGEST) {
                throw new IOException("status " + answer.statusCode() + ", " + bytes.length + " bytes or more");
            }
            return bytes;
        }
    }
}
