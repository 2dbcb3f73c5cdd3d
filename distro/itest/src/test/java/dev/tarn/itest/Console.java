// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** An administrator's browser, as far as the forms of the Felix Web Console go. */
final class Console {
    private static final String ROOT = "/system/console/";
    private static final String BOUNDARY = "----tarn7MA4YWxkTrZu0gW";
    private static final HttpClient CLIENT = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(60))
            .build();

    private final Tarn tarn;

    Console(Tarn tarn) {
        this.tarn = tarn;
    }

    /** Waits until it is there, which is after the node is ready. */
    Console opened() throws Exception {
        Eventually.passes(Duration.ofSeconds(90), () -> {
            if (get("bundles").statusCode() != 200 || get("configMgr").statusCode() != 200) {
                throw new AssertionError("no console yet");
            }
            return null;
        });
        return this;
    }

    /** A request as a page of the console sends it. */
    HttpRequest.Builder request(String path) {
        String origin = "http://" + tarn.address("admin");
        return HttpRequest.newBuilder(URI.create(origin + ROOT + path))
                .timeout(Duration.ofMinutes(2))
                .headers(tarn.login().headers())
                .headers(
                        "User-Agent",
                        "Mozilla/5.0 (X11; Linux x86_64)",
                        "Origin",
                        origin,
                        "Referer",
                        origin + ROOT + path,
                        "Sec-Fetch-Site",
                        "same-origin");
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return CLIENT.send(request(path).build(), BodyHandlers.ofString());
    }

    /** A form such as {@code action=stop}. */
    HttpResponse<String> post(String path, String form) throws IOException, InterruptedException {
        return CLIENT.send(
                request(path)
                        .header("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
                        .POST(BodyPublishers.ofString(form))
                        .build(),
                BodyHandlers.ofString());
    }

    /** The form <i>Install/Update</i> of the page of bundles. */
    HttpResponse<String> upload(String file, byte[] jar) throws IOException, InterruptedException {
        return CLIENT.send(upload(request("bundles"), file, jar), BodyHandlers.ofString());
    }

    static HttpRequest upload(HttpRequest.Builder request, String file, byte[] jar) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        field(body, "action\"", "install".getBytes(StandardCharsets.UTF_8));
        field(body, "bundlestart\"", "start".getBytes(StandardCharsets.UTF_8));
        field(body, "bundlestartlevel\"", "50".getBytes(StandardCharsets.UTF_8));
        field(body, "bundlefile\"; filename=\"" + file + "\"\r\nContent-Type: application/java-archive", jar);
        body.writeBytes(("--" + BOUNDARY + "--\r\n").getBytes(StandardCharsets.UTF_8));
        return request.header("Content-Type", "multipart/form-data; boundary=" + BOUNDARY)
                .POST(BodyPublishers.ofByteArray(body.toByteArray()))
                .build();
    }

    private static void field(ByteArrayOutputStream body, String name, byte[] value) {
        body.writeBytes(("--" + BOUNDARY + "\r\nContent-Disposition: form-data; name=\"" + name + "\r\n\r\n")
                .getBytes(StandardCharsets.UTF_8));
        body.writeBytes(value);
        body.writeBytes("\r\n".getBytes(StandardCharsets.UTF_8));
    }

    /** The bundle's number; fails when there is none of this name. */
    long id(String bundle) throws IOException, InterruptedException {
        for (JsonNode each : Http.json(get("bundles.json").body()).get("data")) {
            if (each.get("symbolicName").asText().equals(bundle)) {
                return each.get("id").asLong();
            }
        }
        throw new AssertionError("the page of bundles has no " + bundle);
    }

    void install(Path jar) throws IOException, InterruptedException {
        HttpResponse<String> answer = upload(String.valueOf(jar.getFileName()), Files.readAllBytes(jar));
        if (answer.statusCode() != 302) {
            throw new AssertionError("status " + answer.statusCode() + " " + answer.body());
        }
    }

    /** Presses start, stop or uninstall. */
    void press(String action, String bundle) throws IOException, InterruptedException {
        HttpResponse<String> answer = post("bundles/" + id(bundle), "action=" + action);
        if (answer.statusCode() != 200) {
            throw new AssertionError("status " + answer.statusCode() + " " + answer.body());
        }
    }
}
