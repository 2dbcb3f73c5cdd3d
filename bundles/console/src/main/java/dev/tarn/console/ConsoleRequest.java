// SPDX-License-Identifier: Apache-2.0
package dev.tarn.console;

import dev.tarn.api.security.User;
import dev.tarn.transport.HttpExchange;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.codec.http.cookie.ServerCookieDecoder;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpSession;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request as a servlet sees it; see {@link Partial}. Methods are named as in {@code
 * jakarta.servlet.http.HttpServletRequest}. There are no sessions: every request shows who asks. Made on the connection's
 * loop, then for the thread that serves it.
 */
final class ConsoleRequest {
    private final String method;
    private final String target;
    private final String path;
    private final String query;
    private final boolean secure;
    private final HttpHeaders headers;
    private final User user;
    private final InetSocketAddress local;
    private final InetSocketAddress remote;
    private final byte[] body;
    private final Map<String, Object> attributes = new HashMap<>();
    private @Nullable Map<String, String[]> parameters;
    private Charset charset = StandardCharsets.UTF_8;

    ConsoleRequest(HttpExchange exchange, byte[] body) {
        this.method = exchange.head().method().name();
        this.target = exchange.head().uri();
        this.path = exchange.path();
        this.query = exchange.query();
        this.secure = exchange.connection().tls() != null;
        this.headers = exchange.head().headers();
        this.user = exchange.context().user();
        this.local = address(exchange.connection().local());
        this.remote = address(exchange.connection().remote());
        this.body = body;
        attributes.put(User.class.getName(), user);
    }

    private static InetSocketAddress address(SocketAddress address) {
        return address instanceof InetSocketAddress internet
                ? internet
                : InetSocketAddress.createUnresolved("local", 0);
    }

    // The request line

    String getMethod() {
        return method;
    }

    String getRequestURI() {
        int question = target.indexOf('?');
        return question < 0 ? target : target.substring(0, question);
    }

    StringBuffer getRequestURL() {
        return new StringBuffer(getScheme()).append("://").append(host()).append(getRequestURI());
    }

    @Nullable
    String getQueryString() {
        return query.isEmpty() ? null : query;
    }

    String getContextPath() {
        return "";
    }

    String getServletPath() {
        return "";
    }

    String getPathInfo() {
        return path;
    }

    String getScheme() {
        return secure ? "https" : "http";
    }

    boolean isSecure() {
        return secure;
    }

    String getProtocol() {
        return "HTTP/1.1";
    }

    private String host() {
        return headers.get(HttpHeaderNames.HOST, "localhost");
    }

    String getServerName() {
        String host = host();
        int colon = host.lastIndexOf(':');
        return colon > host.lastIndexOf(']') ? host.substring(0, colon) : host;
    }

    int getServerPort() {
        return local.getPort();
    }

    String getLocalAddr() {
        return numeric(local);
    }

    String getLocalName() {
        return numeric(local);
    }

    int getLocalPort() {
        return local.getPort();
    }

    String getRemoteAddr() {
        return numeric(remote);
    }

    String getRemoteHost() {
        return numeric(remote);
    }

    int getRemotePort() {
        return remote.getPort();
    }

    private static String numeric(InetSocketAddress address) {
        return address.getAddress() == null
                ? address.getHostString()
                : address.getAddress().getHostAddress();
    }

    // Headers

    @Nullable
    String getHeader(String name) {
        return headers.get(name);
    }

    Enumeration<String> getHeaders(String name) {
        return Collections.enumeration(headers.getAll(name));
    }

    Enumeration<String> getHeaderNames() {
        return Collections.enumeration(headers.names());
    }

    int getIntHeader(String name) {
        String value = headers.get(name);
        return value == null ? -1 : Integer.parseInt(value);
    }

    long getDateHeader(String name) {
        String value = headers.get(name);
        try {
            return value == null
                    ? -1
                    : ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME)
                            .toInstant()
                            .toEpochMilli();
        } catch (DateTimeParseException malformed) {
            // RFC 9110 §13.1.3: a date that is none is ignored.
            return -1;
        }
    }

    Cookie @Nullable [] getCookies() {
        String header = headers.get(HttpHeaderNames.COOKIE);
        if (header == null) {
            return null;
        }
        return ServerCookieDecoder.LAX.decode(header).stream()
                .map(cookie -> new Cookie(cookie.name(), cookie.value()))
                .toArray(Cookie[]::new);
    }

    Locale getLocale() {
        return Locale.ENGLISH;
    }

    Enumeration<Locale> getLocales() {
        return Collections.enumeration(List.of(Locale.ENGLISH));
    }

    // The body

    @Nullable
    String getContentType() {
        return headers.get(HttpHeaderNames.CONTENT_TYPE);
    }

    int getContentLength() {
        return body.length;
    }

    long getContentLengthLong() {
        return body.length;
    }

    String getCharacterEncoding() {
        return charset.name();
    }

    void setCharacterEncoding(String name) {
        charset = Charset.forName(name);
    }

    BufferedReader getReader() {
        return new BufferedReader(new InputStreamReader(new ByteArrayInputStream(body), charset));
    }

    ServletInputStream getInputStream() {
        ByteArrayInputStream bytes = new ByteArrayInputStream(body);
        return new ServletInputStream() {
            @Override
            public int read() {
                return bytes.read();
            }

            @Override
            public int read(byte[] into, int offset, int length) {
                return bytes.read(into, offset, length);
            }

            @Override
            public boolean isFinished() {
                return bytes.available() == 0;
            }

            @Override
            public boolean isReady() {
                return true;
            }

            @Override
            public void setReadListener(ReadListener listener) {
                throw new UnsupportedOperationException("the whole body is there already");
            }
        };
    }

    // Parameters

    @Nullable
    String getParameter(String name) {
        String[] values = getParameterMap().get(name);
        return values == null ? null : values[0];
    }

    String @Nullable [] getParameterValues(String name) {
        return getParameterMap().get(name);
    }

    Enumeration<String> getParameterNames() {
        return Collections.enumeration(getParameterMap().keySet());
    }

    Map<String, String[]> getParameterMap() {
        Map<String, String[]> read = parameters;
        if (read == null) {
            Map<String, List<String>> all = new LinkedHashMap<>();
            add(all, query);
            String type = headers.get(HttpHeaderNames.CONTENT_TYPE, "");
            if (type.regionMatches(true, 0, "application/x-www-form-urlencoded", 0, 33)) {
                add(all, new String(body, charset));
            }
            Map<String, String[]> made = new LinkedHashMap<>();
            all.forEach((name, values) -> made.put(name, values.toArray(String[]::new)));
            read = Collections.unmodifiableMap(made);
            parameters = read;
        }
        return read;
    }

    private void add(Map<String, List<String>> all, String encoded) {
        new QueryStringDecoder(encoded, charset, false, 10_000)
                .parameters()
                .forEach((name, values) ->
                        all.computeIfAbsent(name, first -> new ArrayList<>()).addAll(values));
    }

    // Attributes

    @Nullable
    Object getAttribute(String name) {
        return attributes.get(name);
    }

    Enumeration<String> getAttributeNames() {
        return Collections.enumeration(List.copyOf(attributes.keySet()));
    }

    void setAttribute(String name, @Nullable Object value) {
        if (value == null) {
            attributes.remove(name);
        } else {
            attributes.put(name, value);
        }
    }

    void removeAttribute(String name) {
        attributes.remove(name);
    }

    // Who asks

    String getRemoteUser() {
        return user.name();
    }

    String getAuthType() {
        return "BASIC";
    }

    boolean isUserInRole(String role) {
        return user.administrator() || user.roles().contains(role);
    }

    Principal getUserPrincipal() {
        return user::name;
    }

    @Nullable
    HttpSession getSession(boolean create) {
        if (create) {
            throw new UnsupportedOperationException("the console has no sessions");
        }
        return null;
    }

    @Nullable
    String getRequestedSessionId() {
        return null;
    }

    boolean isRequestedSessionIdValid() {
        return false;
    }

    DispatcherType getDispatcherType() {
        return DispatcherType.REQUEST;
    }

    boolean isAsyncStarted() {
        return false;
    }

    boolean isAsyncSupported() {
        return false;
    }
}
