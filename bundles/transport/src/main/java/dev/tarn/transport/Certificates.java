// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import dev.tarn.transport.PemFile.UnusableException;
import io.netty.channel.Channel;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.net.URI;
import java.nio.file.Path;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.osgi.service.metatype.annotations.Option;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What TLS needs, for all listeners: certificates, keys, the authorities of clients, and what these revoked. The files are
 * looked at again and again; when they change, connections that begin from then on get what they say, and those that run
 * keep what they have, but for peers whose certificates were revoked: those are asked to close. Files that are wrong change nothing, and are told of by {@link #problem}. Safe on any thread.
 */
@Component(service = Certificates.class, configurationPid = "dev.tarn.tls")
@Designate(ocd = Certificates.Config.class)
public final class Certificates implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Certificates.class);

    /** Forward secrecy and authenticated encryption only. */
    private static final List<String> CIPHERS = List.of(
            "TLS_AES_128_GCM_SHA256",
            "TLS_AES_256_GCM_SHA384",
            "TLS_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

    /** Responders that are asked at once, and handshakes that wait for them. */
    private static final int ASKING = 8;

    private static final int WAITING = 2_000;

    /** Certificates that are asked about again at one look. */
    private static final int MOST_ASKED = 50;

    private final TlsFiles files;
    private final Path directory;
    private final ClientAuth clients;
    private final String[] versions;
    private final AtomicReference<@Nullable Shown> shown = new AtomicReference<>();
    private final AtomicReference<@Nullable String> problem = new AtomicReference<>();
    private final @Nullable ScheduledExecutorService looking;

    /** Who is asked about clients' certificates; null for nobody. */
    private final @Nullable Ocsp ocsp;

    /** Where that is done, since it takes its time. */
    private final @Nullable ThreadPoolExecutor asking;

    /** Connections whose peers have shown a certificate. */
    private final Map<Channel, List<X509Certificate>> peers = new ConcurrentHashMap<>();

    /** Settings of TLS on every listener. */
    @ObjectClassDefinition(name = "TLS")
    public @interface Config {
        @AttributeDefinition(
                description = "Files (PEM) with this node's certificate and those between it and its authority; several"
                        + " for several names, of which the first is shown to who asks for none")
        String[] certificate() default {};

        @AttributeDefinition(description = "Files (PEM) with the certificates' private keys, in the same order")
        String[] key() default {};

        @AttributeDefinition(description = "File (PEM) of the authorities whose certificates clients may show")
        String authorities() default "";

        @AttributeDefinition(description = "Files with what those authorities revoked (CRL)")
        String[] revoked() default {};

        @AttributeDefinition(
                options = {@Option("wanted"), @Option("required")},
                description = "Whether clients must show a certificate, where there are authorities")
        String clients() default "wanted";

        @AttributeDefinition(
                options = {@Option("TLSv1.2"), @Option("TLSv1.3")},
                description = "The oldest version that is spoken")
        String oldest() default "TLSv1.2";

        @AttributeDefinition(
                options = {@Option("wanted"), @Option("off")},
                description =
                        "Whether responders (OCSP) are asked about clients' certificates: wanted, where a certificate"
                                + " names one or tls.responder does, and as long as it answers; or off")
        String ocsp() default "wanted";

        @AttributeDefinition(
                description =
                        "Address of the responder that is asked, such as http://ocsp.example; empty for the one that"
                                + " each certificate names")
        String responder() default "";

        @AttributeDefinition(description = "How often the files are looked at")
        String look() default "5s";

        @AttributeDefinition(description = "Where file names that are not absolute begin")
        String directory() default "";
    }

    /** One state of the files. */
    private record Shown(TlsFiles.Content content, @Nullable TrustManager trust) {}

    /**
     * Reads the files.
     *
     * @throws IllegalArgumentException naming the file, when one cannot be used
     */
    @Activate
    public Certificates(Config config) {
        this.directory = Path.of(config.directory());
        this.files = new TlsFiles(
                paths(config.certificate()),
                paths(config.key()),
                config.authorities().isEmpty() ? Optional.empty() : Optional.of(path(config.authorities())),
                paths(config.revoked()));
        this.clients = config.authorities().isEmpty()
                ? ClientAuth.NONE
                : config.clients().equals("required") ? ClientAuth.REQUIRE : ClientAuth.OPTIONAL;
        this.versions =
                config.oldest().equals("TLSv1.3") ? new String[] {"TLSv1.3"} : new String[] {"TLSv1.3", "TLSv1.2"};
        boolean asks = this.clients != ClientAuth.NONE && !config.ocsp().equals("off");
        this.ocsp = asks ? new Ocsp(responder(config.responder()), System::nanoTime) : null;
        this.asking = asks ? threads() : null;
        long millis = Units.duration("tls.look", config.look()).toMillis();
        if (!files.configured()) {
            looking = null;
            return;
        }
        try {
            TlsFiles.Content content = files.read();
            shown.set(new Shown(content, trust(content)));
        } catch (UnusableException wrong) {
            throw new IllegalArgumentException("tls: " + wrong.getMessage(), wrong);
        }
        looking = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "tarn-certificates");
            thread.setDaemon(true);
            return thread;
        });
        looking.scheduleWithFixedDelay(this::look, millis, Math.max(10, millis), TimeUnit.MILLISECONDS);
    }

    private List<Path> paths(String[] names) {
        return List.of(names).stream().map(this::path).toList();
    }

    private Path path(String name) {
        return directory.resolve(name);
    }

    /** Reads the files again if they changed. Blocks. */
    void look() {
        Shown before = shown.get();
        try {
            TlsFiles.Content content = files.read();
            if (before == null || !content.sameAs(before.content())) {
                shown.set(new Shown(content, trust(content)));
                LOG.info("certificates=reloaded expire={}", content.expires());
                peers.forEach(this::check);
            }
            if (problem.getAndSet(null) != null) {
                LOG.info("certificates=usable");
            }
        } catch (UnusableException wrong) {
            String told = "TLS goes on with the certificates it has: " + wrong.getMessage();
            if (!told.equals(problem.getAndSet(told))) {
                LOG.error("certificates=kept reason=\"{}\"", wrong.getMessage());
            }
        } catch (RuntimeException bug) {
            problem.set("TLS goes on with the certificates it has: " + bug);
            LOG.error("certificates=kept after a bug", bug);
        }
        askAgain();
    }

    private static Optional<URI> responder(String address) {
        if (address.isEmpty()) {
            return Optional.empty();
        }
        URI uri = URI.create(address);
        if (!"http".equals(uri.getScheme()) && !"https".equals(uri.getScheme())) {
            throw new IllegalArgumentException("tls.responder: an address with http or https, not " + address);
        }
        return Optional.of(uri);
    }

    private static ThreadPoolExecutor threads() {
        ThreadPoolExecutor threads = new ThreadPoolExecutor(
                ASKING, ASKING, 30, TimeUnit.SECONDS, new LinkedBlockingQueue<>(WAITING), task -> {
                    Thread thread = new Thread(task, "tarn-handshakes");
                    thread.setDaemon(true);
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
        return threads;
    }

    private @Nullable TrustManager trust(TlsFiles.Content content) throws UnusableException {
        TrustManager trust = content.trust();
        return ocsp != null && trust instanceof X509ExtendedTrustManager files
                ? new AskingTrust(files, content.authorities(), ocsp)
                : trust;
    }

    /** Asks about some of the certificates of who is here, where the last answer is old. Blocks. */
    private void askAgain() {
        Shown now = shown.get();
        if (ocsp == null || now == null) {
            return;
        }
        int asked = 0;
        for (Map.Entry<Channel, List<X509Certificate>> peer : peers.entrySet()) {
            List<X509Certificate> chain = peer.getValue();
            if (ocsp.settled(chain.get(0)) && !ocsp.revoked(chain.get(0))) {
                continue;
            }
            try {
                ocsp.check(chain, now.content().authorities());
            } catch (CertificateException revoked) {
                LOG.debug("certificate={} reason=\"{}\"", chain.get(0).getSerialNumber(), revoked.getMessage());
                check(peer.getKey(), chain);
            }
            if (++asked == MOST_ASKED) {
                return;
            }
        }
    }

    /** Where hands are shaken when that may take time; empty for the loop. */
    Optional<Executor> handshakes() {
        return Optional.ofNullable(asking);
    }

    /** Asks the connection to close once what its peer has shown is revoked. On its loop, hands having been shaken. */
    void watch(Channel channel, SSLSession session) {
        try {
            List<X509Certificate> chain = new ArrayList<>();
            for (Certificate one : session.getPeerCertificates()) {
                chain.add((X509Certificate) one);
            }
            peers.put(channel, chain);
            channel.closeFuture().addListener(closed -> peers.remove(channel));
            // The lists may have come while hands were shaken.
            check(channel, chain);
        } catch (SSLPeerUnverifiedException none) {
            LOG.trace("the peer has shown no certificate channel={}", channel);
        }
    }

    /** On any thread. */
    private void check(Channel channel, List<X509Certificate> chain) {
        Shown now = shown.get();
        boolean told = ocsp != null && ocsp.revoked(chain.get(0));
        if (now != null && (told || now.content().revokes(chain))) {
            try {
                channel.eventLoop()
                        .execute(() ->
                                Closing.ask(channel, Closing.Cause.REVOKED, "the certificate is not valid any more"));
            } catch (RejectedExecutionException stopped) {
                LOG.debug("the loops have stopped channel={}", channel);
            }
        }
    }

    /** Whether there is a certificate to show. */
    public boolean configured() {
        return files.configured();
    }

    /** Why the files as they are now are not used, in words for an operator; empty when they are. */
    public Optional<String> problem() {
        return Optional.ofNullable(problem.get());
    }

    /** When the first of the certificates that are shown expires; empty without any. */
    public Optional<Instant> expires() {
        return Optional.ofNullable(shown.get()).map(now -> now.content().expires());
    }

    /** Stands for what is shown now: another object when the files have changed. */
    Object state() {
        Shown now = shown.get();
        if (now == null) {
            throw new IllegalStateException("no certificate is configured");
        }
        return now;
    }

    /**
     * TLS with what is shown now.
     *
     * @param state from {@link #state}
     * @param applications names for ALPN (RFC 7301), by preference; empty for none
     */
    SslContext context(Object state, List<String> applications) {
        Shown now = (Shown) state;
        SslContextBuilder builder = SslContextBuilder.forServer(
                        new ServerKeys(now.content().pairs()))
                // Not OpenSSL: the JDK's keys and lists of revoked certificates hold, on every machine.
                .sslProvider(SslProvider.JDK)
                .protocols(versions)
                .ciphers(CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
                .clientAuth(clients);
        if (now.trust() != null) {
            builder.trustManager(now.trust());
        }
        if (!applications.isEmpty()) {
            builder.applicationProtocolConfig(new ApplicationProtocolConfig(
                    ApplicationProtocolConfig.Protocol.ALPN,
                    ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                    ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                    applications));
        }
        try {
            return builder.build();
        } catch (SSLException refused) {
            throw new IllegalStateException("TLS cannot be set up", refused);
        }
    }

    /** Looks no longer. */
    @Deactivate
    @Override
    public void close() {
        if (looking != null) {
            looking.shutdown();
        }
        if (asking != null) {
            asking.shutdown();
        }
    }
}
