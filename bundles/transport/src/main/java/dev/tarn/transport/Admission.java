// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What must be right about the head of every request; what Netty's decoder lets pass is refused here. */
final class Admission {
    private static final String PREFLIGHT_SECONDS = "600";

    private final Carrier owner;
    private final HttpRequest head;
    private final HttpHeaders headers;
    private @Nullable String allowedOrigin;

    Admission(Carrier owner, HttpRequest head) {
        this.owner = owner;
        this.head = head;
        this.headers = head.headers();
    }

    /** The answer to a request after which the connection cannot be trusted, or null. */
    @Nullable
    FullHttpResponse framing() {
        HttpVersion version = head.protocolVersion();
        boolean two = owner.stream();
        boolean modern = two || version.equals(HttpVersion.HTTP_1_1);
        if (!modern && !version.equals(HttpVersion.HTTP_1_0)) {
            return bad("this server speaks HTTP/2, HTTP/1.1 and HTTP/1.0");
        }
        String method = head.method().name();
        for (int i = 0; i < method.length(); i++) {
            char c = method.charAt(i);
            if ((c < 'A' || c > 'Z') && c != '-') {
                // RFC 9110 §9.1: methods are case-sensitive.
                return bad("a method is written in capital letters");
            }
        }
        List<String> hosts = headers.getAll(HttpHeaderNames.HOST);
        if (hosts.size() > 1 || (modern && hosts.isEmpty())) {
            // RFC 9112 §3.2: a server MUST respond with 400.
            return bad(hosts.isEmpty() ? "Host is missing" : "more than one Host");
        }
        FullHttpResponse coding = transferCoding(modern && !two);
        if (coding != null) {
            return coding;
        }
        String expect = headers.get(HttpHeaderNames.EXPECT);
        if (modern && expect != null && !expect.equalsIgnoreCase("100-continue")) {
            return Problem.answer(
                    HttpResponseStatus.EXPECTATION_FAILED, "the only expectation is 100-continue", List.of());
        }
        return null;
    }

    /** RFC 9112 §6.1, §6.3, RFC 9113 §8.2.2. */
    private @Nullable FullHttpResponse transferCoding(boolean allowed) {
        List<String> lines = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
        if (lines.isEmpty()) {
            return null;
        } else if (!allowed) {
            return bad("a transfer coding is for HTTP/1.1 only");
        }
        String[] codings = String.join(",", lines).split(",", -1);
        if (!codings[codings.length - 1].strip().equalsIgnoreCase("chunked")) {
            return bad("the last transfer coding is chunked");
        }
        for (int i = 0; i < codings.length - 1; i++) {
            if (codings[i].strip().equalsIgnoreCase("chunked")) {
                return bad("chunked is a transfer coding to be used once");
            }
        }
        return codings.length == 1
                ? null
                : Problem.answer(
                        HttpResponseStatus.NOT_IMPLEMENTED, "the only transfer coding here is chunked", List.of());
    }

    private static FullHttpResponse bad(String detail) {
        return Problem.answer(HttpResponseStatus.BAD_REQUEST, detail, List.of());
    }

    /** The answer to a request that is not addressed to us, comes from a foreign page, or is a preflight; or null. */
    @Nullable
    FullHttpResponse origin(Target target) {
        Origins origins = owner.http().origins();
        String authority = target.authority();
        String host = authority != null ? authority : headers.get(HttpHeaderNames.HOST, "");
        // Only HTTP/1.0 may leave Host out; no browser does.
        String foreign = host.isEmpty() ? null : origins.foreignHost(host, owner.connection());
        if (foreign != null) {
            return Problem.answer(HttpResponseStatus.MISDIRECTED_REQUEST, foreign, List.of());
        }
        List<String> from = headers.getAll(HttpHeaderNames.ORIGIN);
        if (from.size() > 1) {
            return bad("more than one Origin");
        }
        String origin = from.isEmpty() ? null : from.get(0);
        boolean tls = owner.connection().tls() != null;
        switch (origins.judge(head.method(), origin, headers.get("sec-fetch-site"), host, tls)) {
            case REFUSED -> {
                return Problem.answer(
                        HttpResponseStatus.FORBIDDEN,
                        "pages of other origins may not use this server"
                                + (origins.listed() ? "; http.origins is the list of those that may" : ""),
                        List.of());
            }
            case ALLOWED -> {
                allowedOrigin = origin;
                if (head.method().equals(HttpMethod.OPTIONS)
                        && headers.contains(HttpHeaderNames.ACCESS_CONTROL_REQUEST_METHOD)) {
                    return preflight();
                }
            }
            case SAME -> {
                return null;
            }
        }
        return null;
    }

    /** The page's origin when it is on the allow-list; null for every other request. */
    @Nullable
    String allowedOrigin() {
        return allowedOrigin;
    }

    private FullHttpResponse preflight() {
        FullHttpResponse response = Exchange.empty(HttpResponseStatus.NO_CONTENT);
        response.headers()
                .set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, PUT, PATCH, POST, DELETE, OPTIONS")
                .set(HttpHeaderNames.ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS);
        String wanted = headers.get(HttpHeaderNames.ACCESS_CONTROL_REQUEST_HEADERS);
        if (wanted != null) {
            response.headers().set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_HEADERS, wanted);
        }
        return response;
    }
}
