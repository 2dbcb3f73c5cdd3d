// SPDX-License-Identifier: Apache-2.0
package dev.tarn.console;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** What keeps pages of others out of the console, and the console out of pages of others. */
final class Pages {
    /** The pages of Felix have scripts and styles within them; nothing comes from elsewhere. */
    private static final String POLICY = "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval';"
            + " style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'self';"
            + " form-action 'self'; frame-ancestors 'none'";

    private Pages() {}

    /**
     * Whether a page of another origin has a hand in the request. The door has refused a foreign Origin already; a browser
     * that says where a request comes from is believed, and a change that a browser makes without saying so is refused.
     */
    static boolean foreign(HttpRequest head) {
        HttpHeaders headers = head.headers();
        String site = headers.get("Sec-Fetch-Site", "");
        boolean same = site.equals("same-origin") || site.equals("none");
        if (head.method().equals(HttpMethod.GET) || head.method().equals(HttpMethod.HEAD)) {
            // A link from elsewhere leads to a page; a picture or a script from elsewhere has no business here.
            return !site.isEmpty()
                    && !same
                    && !headers.get("Sec-Fetch-Mode", "").equals("navigate");
        }
        boolean browser = !site.isEmpty()
                || headers.contains(HttpHeaderNames.COOKIE)
                || headers.contains(HttpHeaderNames.REFERER)
                || headers.get(HttpHeaderNames.USER_AGENT, "").startsWith("Mozilla/");
        return site.isEmpty() ? browser && !headers.contains(HttpHeaderNames.ORIGIN) : !same;
    }

    /** Adds the headers that every answer has. */
    static <T extends HttpResponse> T guarded(T answer) {
        HttpHeaders headers = answer.headers();
        headers.set("Content-Security-Policy", POLICY)
                .set("X-Frame-Options", "DENY")
                .set("X-Content-Type-Options", "nosniff")
                .set("Cross-Origin-Opener-Policy", "same-origin")
                .set("Cross-Origin-Resource-Policy", "same-origin")
                // Not no-referrer, with which browsers send 'Origin: null' from our own forms.
                .set("Referrer-Policy", "same-origin");
        if (!headers.contains(HttpHeaderNames.LAST_MODIFIED)) {
            headers.set(HttpHeaderNames.CACHE_CONTROL, "no-store");
        }
        return answer;
    }

    /** Writes one of our own pages into the console's frame. */
    static void write(HttpServletResponse response, String name) throws ServletException, IOException {
        try (InputStream page = Pages.class.getResourceAsStream("/res/tarn/" + name)) {
            if (page == null) {
                throw new ServletException("the page is not in its bundle");
            }
            response.getWriter().write(new String(page.readAllBytes(), StandardCharsets.UTF_8));
        }
    }
}
