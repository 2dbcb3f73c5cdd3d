// SPDX-License-Identifier: Apache-2.0
package dev.tarn.console;

import dev.tarn.api.data.Failure;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.cookie.CookieHeaderNames.SameSite;
import io.netty.handler.codec.http.cookie.DefaultCookie;
import io.netty.handler.codec.http.cookie.ServerCookieEncoder;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.Cookie;
import java.io.ByteArrayOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * An answer as a servlet writes it, kept whole until the servlet is done; see {@link Partial}. Methods are named as in
 * {@code jakarta.servlet.http.HttpServletResponse}. For one thread.
 */
final class ConsoleResponse {
    private static final String SCRIPT =
            "<script src=\"" + ConsoleProtocol.ROOT + "/" + ProtocolsPage.LABEL + "/res/tarn/told.js\" defer></script>";

    private final HttpHeaders headers = new DefaultHttpHeaders();
    private final ByteArrayOutputStream body = new ByteArrayOutputStream(8 << 10);
    private HttpResponseStatus status = HttpResponseStatus.OK;
    private Charset charset = StandardCharsets.UTF_8;
    private @Nullable PrintWriter writer;
    private boolean committed;

    /**
     * The whole answer.
     *
     * @param struck takes out of a text what nobody may see
     */
    FullHttpResponse answer(UnaryOperator<String> struck) {
        if (writer != null) {
            writer.flush();
        }
        FullHttpResponse answer =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.wrappedBuffer(bytes(struck)));
        headers.remove(HttpHeaderNames.CONTENT_LENGTH)
                .remove(HttpHeaderNames.CONNECTION)
                .remove(HttpHeaderNames.TRANSFER_ENCODING);
        answer.headers().set(headers);
        return answer;
    }

    /** What was written; pages get a script of ours that tells what was refused. */
    private byte[] bytes(UnaryOperator<String> struck) {
        String type = headers.get(HttpHeaderNames.CONTENT_TYPE, "");
        if (packed(type)) {
            throw new Failure(Failure.Code.FORBIDDEN, "archives are not offered, since secrets may be in them");
        } else if (!texts(type)) {
            return body.toByteArray();
        }
        String before = body.toString(charset);
        String page = struck.apply(before);
        int end = type.startsWith("text/html") ? page.lastIndexOf("</head>") : -1;
        if (end >= 0) {
            return (page.substring(0, end) + SCRIPT + page.substring(end)).getBytes(charset);
        }
        return page.equals(before) ? body.toByteArray() : page.getBytes(charset);
    }

    private static boolean packed(String type) {
        return type.startsWith("application/") && (type.contains("zip") || type.contains("octet-stream"));
    }

    private static boolean texts(String type) {
        return type.isEmpty() || type.startsWith("text/") || type.contains("json") || type.contains("xml");
    }

    // Status and headers

    void setStatus(int code) {
        status = HttpResponseStatus.valueOf(code);
    }

    int getStatus() {
        return status.code();
    }

    void sendError(int code) {
        sendError(code, HttpResponseStatus.valueOf(code).reasonPhrase());
    }

    void sendError(int code, @Nullable String message) {
        resetBuffer();
        setStatus(code);
        setContentType("text/plain; charset=utf-8");
        body.writeBytes(String.valueOf(message).getBytes(StandardCharsets.UTF_8));
        committed = true;
    }

    void sendRedirect(String location) {
        resetBuffer();
        setStatus(HttpResponseStatus.FOUND.code());
        headers.set(HttpHeaderNames.LOCATION, location);
        committed = true;
    }

    boolean containsHeader(String name) {
        return headers.contains(name);
    }

    void setHeader(String name, @Nullable String value) {
        if (value == null) {
            headers.remove(name);
        } else if (name.equalsIgnoreCase("content-type")) {
            setContentType(value);
        } else {
            headers.set(name, value);
        }
    }

    void addHeader(String name, @Nullable String value) {
        if (value != null) {
            headers.add(name, value);
        }
    }

    void setIntHeader(String name, int value) {
        headers.set(name, String.valueOf(value));
    }

    void addIntHeader(String name, int value) {
        headers.add(name, String.valueOf(value));
    }

    void setDateHeader(String name, long millis) {
        headers.set(name, date(millis));
    }

    void addDateHeader(String name, long millis) {
        headers.add(name, date(millis));
    }

    private static String date(long millis) {
        return DateTimeFormatter.RFC_1123_DATE_TIME.format(
                Instant.ofEpochMilli(millis).atOffset(ZoneOffset.UTC));
    }

    @Nullable
    String getHeader(String name) {
        return headers.get(name);
    }

    Collection<String> getHeaders(String name) {
        return headers.getAll(name);
    }

    Collection<String> getHeaderNames() {
        return List.copyOf(headers.names());
    }

    void addCookie(Cookie cookie) {
        DefaultCookie made = new DefaultCookie(cookie.getName(), cookie.getValue() == null ? "" : cookie.getValue());
        made.setPath(cookie.getPath());
        made.setHttpOnly(true);
        made.setSameSite(SameSite.Strict);
        if (cookie.getMaxAge() >= 0) {
            made.setMaxAge(cookie.getMaxAge());
        }
        headers.add(HttpHeaderNames.SET_COOKIE, ServerCookieEncoder.LAX.encode(made));
    }

    String encodeURL(String url) {
        return url;
    }

    String encodeRedirectURL(String url) {
        return url;
    }

    // The body

    void setContentType(@Nullable String type) {
        if (type == null) {
            headers.remove(HttpHeaderNames.CONTENT_TYPE);
            return;
        }
        int at = type.toLowerCase(Locale.ROOT).indexOf("charset=");
        if (at >= 0) {
            String name = type.substring(at + "charset=".length()).replace("\"", "");
            int end = name.indexOf(';');
            setCharacterEncoding((end < 0 ? name : name.substring(0, end)).strip());
            headers.set(HttpHeaderNames.CONTENT_TYPE, type);
        } else {
            boolean text = type.startsWith("text/") || type.endsWith("json") || type.endsWith("javascript");
            headers.set(HttpHeaderNames.CONTENT_TYPE, text ? type + "; charset=" + charset.name() : type);
        }
    }

    @Nullable
    String getContentType() {
        return headers.get(HttpHeaderNames.CONTENT_TYPE);
    }

    void setCharacterEncoding(@Nullable String name) {
        if (writer == null && name != null) {
            charset = Charset.forName(name);
        }
    }

    String getCharacterEncoding() {
        return charset.name();
    }

    void setContentLength(int length) {
        // The whole answer is measured when it is there.
    }

    void setContentLengthLong(long length) {
        // As above.
    }

    PrintWriter getWriter() {
        PrintWriter made = writer;
        if (made == null) {
            made = new PrintWriter(new OutputStreamWriter(body, charset), false);
            writer = made;
        }
        return made;
    }

    ServletOutputStream getOutputStream() {
        return new ServletOutputStream() {
            @Override
            public void write(int octet) {
                body.write(octet);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) {
                body.write(bytes, offset, length);
            }

            @Override
            public boolean isReady() {
                return true;
            }

            @Override
            public void setWriteListener(WriteListener listener) {
                throw new UnsupportedOperationException("answers are kept whole");
            }
        };
    }

    void flushBuffer() {
        committed = true;
    }

    boolean isCommitted() {
        return committed;
    }

    void resetBuffer() {
        if (writer != null) {
            writer.flush();
        }
        body.reset();
    }

    void reset() {
        resetBuffer();
        headers.clear();
        status = HttpResponseStatus.OK;
    }

    int getBufferSize() {
        return 8 << 10;
    }

    void setBufferSize(int size) {
        // As large as it must be.
    }

    Locale getLocale() {
        return Locale.ENGLISH;
    }

    void setLocale(Locale locale) {
        // Pages are in English.
    }
}
