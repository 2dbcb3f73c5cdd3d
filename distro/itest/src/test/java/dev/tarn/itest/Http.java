// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;

/** Requests to a running Tarn. */
final class Http {
    private static final HttpClient CLIENT = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(60))
            .build();
    private static final ObjectMapper JSON = new ObjectMapper();

    private Http() {}

    static HttpResponse<byte[]> send(Tarn tarn, String method, String path, byte[] body, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(tarn.uri(path))
                .timeout(Duration.ofSeconds(60))
                .method(method, body.length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        if (tarn.login().name() != null && !List.of(headers).contains("Authorization")) {
            request.headers(tarn.login().headers());
        }
        return CLIENT.send(request.build(), BodyHandlers.ofByteArray());
    }

    static HttpResponse<byte[]> get(Tarn tarn, String path, String... headers)
            throws IOException, InterruptedException {
        return send(tarn, "GET", path, new byte[0], headers);
    }

    /** Puts JSON. */
    static HttpResponse<byte[]> put(Tarn tarn, String path, String body) throws IOException, InterruptedException {
        return send(tarn, "PUT", path, body.getBytes(StandardCharsets.UTF_8), "Content-Type", "application/json");
    }

    static JsonNode json(HttpResponse<byte[]> response) throws IOException {
        return JSON.readTree(response.body());
    }

    static JsonNode json(String text) throws IOException {
        return JSON.readTree(text);
    }

    static String text(HttpResponse<byte[]> response) {
        return new String(response.body(), StandardCharsets.UTF_8);
    }

    static String basic(String user, String password) {
        return "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    }
}
