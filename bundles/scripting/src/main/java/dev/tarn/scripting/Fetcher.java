// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import dev.tarn.api.data.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Requests of one application to other servers: to the origins that it was granted, and no others. Safe on any thread. */
final class Fetcher {

    private static final int LONGEST = 16 << 20;
    private static final int REDIRECTS = 5;
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final Graal graal;
    private final List<String> granted;

    Fetcher(Graal graal, List<String> granted) {
        this.graal = graal;
        this.granted = granted.stream().map(Fetcher::trimmed).toList();
    }

    private static String trimmed(String origin) {
        String lower = origin.toLowerCase(Locale.ROOT);
        return lower.endsWith("/") ? lower.substring(0, lower.length() - 1) : lower;
    }

    /** What is asked of another server; names and values of headers in turn. */
    record Asked(
            String url,
            String method,
            List<String> headers,
            @Nullable String body) {}

    /** What it answered. */
    record Answered(int status, List<String> headers, String text) {}

    /**
     * Sends a request.
     *
     * @return fails with FORBIDDEN when the origin was not granted, MALFORMED for what is no URL, UNAVAILABLE when there is no
     *     answer, TOO_LARGE when it is longer than 16 MB
     */
    CompletionStage<Answered> send(Asked asked) {
        return send(asked, REDIRECTS);
    }

    private CompletionStage<Answered> send(Asked asked, int redirects) {
        URI uri;
        HttpRequest request;
        try {
            uri = URI.create(asked.url());
            check(uri);
            HttpRequest.BodyPublisher body = asked.body() == null
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(asked.body());
            HttpRequest.Builder builder =
                    HttpRequest.newBuilder(uri).timeout(TIMEOUT).method(asked.method(), body);
            for (int at = 0; at + 1 < asked.headers().size(); at += 2) {
                builder.header(asked.headers().get(at), asked.headers().get(at + 1));
            }
            request = builder.build();
        } catch (IllegalArgumentException wrong) {
            return CompletableFuture.failedStage(new Failure(Failure.Code.MALFORMED, "fetch: " + wrong.getMessage()));
        } catch (Failure refused) {
            return CompletableFuture.failedStage(refused);
        }
        return graal.client()
                .sendAsync(request, HttpResponse.BodyHandlers.ofInputStream())
                .handleAsync(
                        (response, failure) -> {
                            if (failure != null) {
                                Throwable cause = failure.getCause() == null ? failure : failure.getCause();
                                throw new CompletionException(
                                        new Failure(Failure.Code.UNAVAILABLE, "fetch " + uri + ": " + cause));
                            }
                            return response;
                        },
                        graal::later)
                .thenCompose(response -> answered(asked, uri, response, redirects));
    }

    private CompletionStage<Answered> answered(
            Asked asked, URI uri, HttpResponse<InputStream> response, int redirects) {
        int status = response.statusCode();
        String location = response.headers().firstValue("location").orElse(null);
        boolean redirected =
                location != null && (status == 301 || status == 302 || status == 303 || status == 307 || status == 308);
        try (InputStream in = response.body()) {
            byte[] bytes = in.readNBytes(LONGEST + 1);
            if (bytes.length > LONGEST) {
                throw new Failure(Failure.Code.TOO_LARGE, "fetch " + uri + ": more than " + LONGEST + " bytes");
            }
            if (redirected && redirects > 0) {
                boolean same = status == 307 || status == 308;
                return send(
                        new Asked(
                                uri.resolve(location).toString(),
                                same ? asked.method() : "GET",
                                asked.headers(),
                                same ? asked.body() : null),
                        redirects - 1);
            }
            List<String> headers = new ArrayList<>();
            response.headers().map().forEach((name, values) -> {
                headers.add(name);
                headers.add(String.join(", ", values));
            });
            return CompletableFuture.completedStage(
                    new Answered(status, headers, new String(bytes, StandardCharsets.UTF_8)));
        } catch (IOException broken) {
            return CompletableFuture.failedStage(new Failure(Failure.Code.UNAVAILABLE, "fetch " + uri + ": " + broken));
        } catch (Failure refused) {
            return CompletableFuture.failedStage(refused);
        }
    }

    private void check(URI uri) {
        String scheme = uri.getScheme();
        if (uri.getHost() == null || !("http".equals(scheme) || "https".equals(scheme))) {
            throw new Failure(Failure.Code.MALFORMED, "fetch: '" + uri + "' is no http or https URL");
        }
        String origin = trimmed(scheme + "://" + uri.getHost() + (uri.getPort() < 0 ? "" : ":" + uri.getPort()));
        if (!granted.contains("*") && !granted.contains(origin)) {
            throw new Failure(
                    Failure.Code.FORBIDDEN,
                    "fetch: config.yaml does not grant " + origin + "; add it to 'network' of jsResource");
        }
    }

    /** A client for all applications. */
    static HttpClient client() {
        return HttpClient.newBuilder()
                .connectTimeout(TIMEOUT)
                .followRedirects(HttpClient.Redirect.NEVER)
                .build();
    }
}
