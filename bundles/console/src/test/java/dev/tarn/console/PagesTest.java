// SPDX-License-Identifier: Apache-2.0
package dev.tarn.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PagesTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET  |                                                        | false",
                "GET  | Sec-Fetch-Site: none,        Sec-Fetch-Mode: navigate  | false",
                "GET  | Sec-Fetch-Site: same-origin, Sec-Fetch-Mode: no-cors   | false",
                "GET  | Sec-Fetch-Site: cross-site,  Sec-Fetch-Mode: navigate  | false",
                "GET  | Sec-Fetch-Site: cross-site,  Sec-Fetch-Mode: no-cors   | true",
                "GET  | Sec-Fetch-Site: same-site,   Sec-Fetch-Mode: cors      | true",
                "POST |                                                        | false",
                "POST | User-Agent: curl/8.0                                   | false",
                "POST | Sec-Fetch-Site: same-origin                            | false",
                "POST | Origin: http://127.0.0.1:9925                          | false",
                "POST | User-Agent: Mozilla/5.0                                | true",
                "POST | Cookie: a=b                                            | true",
                "POST | Referer: http://evil.example/                          | true",
                "POST | Sec-Fetch-Site: same-site                              | true",
                "POST | Sec-Fetch-Site: cross-site,  Sec-Fetch-Mode: navigate  | true",
                "PUT  | Sec-Fetch-Site: cross-site                             | true",
            })
    void a_change_comes_from_the_consoles_own_pages_or_from_no_browser(String method, String headers, boolean foreign) {
        HttpRequest request = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.valueOf(method), "/");
        for (String header : headers == null ? new String[0] : headers.split(",")) {
            int colon = header.indexOf(':');
            request.headers()
                    .add(
                            header.substring(0, colon).strip(),
                            header.substring(colon + 1).strip());
        }
        assertThat(Pages.foreign(request)).isEqualTo(foreign);
    }

    @Test
    void no_page_of_another_can_frame_or_read_the_console() {
        var headers = Pages.guarded(new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK))
                .headers();
        assertThat(headers.get("Content-Security-Policy")).contains("frame-ancestors 'none'", "default-src 'self'");
        assertThat(headers.get("X-Frame-Options")).isEqualTo("DENY");
        assertThat(headers.get("X-Content-Type-Options")).isEqualTo("nosniff");
        assertThat(headers.get("Cache-Control")).isEqualTo("no-store");
    }
}
