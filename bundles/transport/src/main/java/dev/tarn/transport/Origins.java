// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import dev.tarn.api.data.Failure;
import io.netty.handler.codec.http.HttpMethod;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Keeps web pages of others from driving this server: a request must be addressed to a name that the node answers to,
 * which defeats DNS rebinding, and a page must come from this server or from an origin on the allow-list. Immutable.
 */
final class Origins {
    private static final Pattern HOST = Pattern.compile("(\\[[0-9A-Fa-f:.]+]|[A-Za-z0-9._-]+)(?::(\\d{1,5}))?");
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

    private final String section;
    private final Set<String> hosts;
    private final Set<String> origins;

    /**
     * The rules of one door.
     *
     * @param section of the configuration, to be named in refusals
     */
    Origins(String section, List<String> hosts, List<String> origins) {
        this.section = section;
        this.hosts = lower(hosts);
        this.origins = lower(origins);
        for (String origin : this.origins) {
            if (!origin.matches("https?://[^/]+")) {
                throw new IllegalArgumentException("origins: '" + origin + "' is not of the form https://name:port");
            }
        }
    }

    private static Set<String> lower(List<String> names) {
        return names.stream().map(name -> name.strip().toLowerCase(Locale.ROOT)).collect(Collectors.toSet());
    }

    /**
     * Whether the node answers to this Host.
     *
     * @return null when it does, else what is wrong
     */
    @Nullable
    String foreignHost(String host, Connection connection) {
        if (!(connection.local() instanceof InetSocketAddress local)) {
            return null;
        }
        var matcher = HOST.matcher(host);
        if (!matcher.matches()) {
            throw new Failure(Failure.Code.MALFORMED, "Host is not a name or address with an optional port");
        }
        String name = matcher.group(1).toLowerCase(Locale.ROOT);
        if (hosts.contains("*") || hosts.contains(name) || hosts.contains(host.toLowerCase(Locale.ROOT))) {
            return null;
        }
        // The name is what rebinding cannot have. The port may be that of a tunnel, and old clients leave it out.
        InetAddress address = local.getAddress();
        if (name.equals(literal(address)) || (address.isLoopbackAddress() && LOOPBACK.contains(name))) {
            return null;
        }
        return "this node does not answer to Host " + Printable.of(host) + "; add it to " + section
                + ".hosts if it should";
    }

    private static String literal(InetAddress address) {
        String text = address.getHostAddress();
        int zone = text.indexOf('%');
        String plain = zone < 0 ? text : text.substring(0, zone);
        return address instanceof java.net.Inet6Address ? "[" + plain + "]" : plain;
    }

    /** Whether there is a list of others' pages that may come; the door of HTTP has one. */
    boolean listed() {
        return section.equals("http");
    }

    /** What a request's origin means for it. */
    enum Verdict {
        /** No page sent it, or one of this server. */
        SAME,
        /** A page of an origin on the allow-list; the answer says so. */
        ALLOWED,
        /** A page that has no business here. */
        REFUSED
    }

    /**
     * Judges the page that a request comes from.
     *
     * @param origin the Origin header, or null
     * @param site the Sec-Fetch-Site header, or null
     */
    Verdict judge(HttpMethod method, @Nullable String origin, @Nullable String site, String host, boolean tls) {
        if (origin != null) {
            String lower = origin.toLowerCase(Locale.ROOT);
            if (same(lower, host, tls)) {
                return Verdict.SAME;
            }
            return origins.contains(lower) ? Verdict.ALLOWED : Verdict.REFUSED;
        }
        boolean changes =
                !(method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD) || method.equals(HttpMethod.OPTIONS));
        return changes && "cross-site".equalsIgnoreCase(site) ? Verdict.REFUSED : Verdict.SAME;
    }

    private static boolean same(String origin, String host, boolean tls) {
        String scheme = tls ? "https://" : "http://";
        return origin.startsWith(scheme)
                && withPort(origin.substring(scheme.length()), tls)
                        .equals(withPort(host.toLowerCase(Locale.ROOT), tls));
    }

    private static String withPort(String authority, boolean tls) {
        boolean has = authority.lastIndexOf(':') > authority.lastIndexOf(']');
        return has ? authority : authority + (tls ? ":443" : ":80");
    }
}
