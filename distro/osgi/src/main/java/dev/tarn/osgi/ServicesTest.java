// SPDX-License-Identifier: Apache-2.0
package dev.tarn.osgi;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.transport.Endpoint;
import dev.tarn.transport.StreamProtocol;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.test.common.annotation.InjectBundleContext;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.common.service.ServiceAware;
import org.osgi.test.junit5.context.BundleContextExtension;
import org.osgi.test.junit5.service.ServiceExtension;

/** Protocols are services that come and go; a listener is a configuration that does. */
@ExtendWith({BundleContextExtension.class, ServiceExtension.class})
@SuppressWarnings("NullAway") // fields are injected
public class ServicesTest {
    private static final long MILLIS = 10_000;

    @InjectBundleContext
    BundleContext context;

    @InjectService(timeout = MILLIS)
    ConfigurationAdmin configurations;

    @InjectService(cardinality = 0, filter = "(name=parrot)")
    ServiceAware<Endpoint> endpoints;

    private Configuration listener;
    private ServiceRegistration<StreamProtocol> parrot;

    /** Says again what it hears. */
    private static final class Parrot implements StreamProtocol {
        @Override
        public String name() {
            return "parrot";
        }

        @Override
        public void open(ChannelPipeline pipeline) {
            pipeline.addLast(new ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(ChannelHandlerContext ctx, Object message) {
                    ctx.writeAndFlush(message);
                }
            });
        }
    }

    @BeforeEach
    void configure() throws IOException {
        parrot = context.registerService(StreamProtocol.class, new Parrot(), null);
        listener = configurations.getFactoryConfiguration("dev.tarn.listener", "parrot", "?");
        listener.update(port(0));
    }

    @AfterEach
    void remove() throws Exception {
        listener.delete();
        // The next test's listener is not to be taken for this one, which is still there for a moment.
        await(() -> endpoints.getService() == null);
        if (parrot != null) {
            parrot.unregister();
        }
    }

    private static Dictionary<String, Object> port(int port) {
        return new Hashtable<>(Map.of("name", "parrot", "port", port, "host", "127.0.0.1"));
    }

    private InetSocketAddress address() throws InterruptedException {
        return endpoints.waitForService(MILLIS).address().orElseThrow();
    }

    private static Socket connect(InetSocketAddress address) throws IOException {
        Socket socket = new Socket(address.getAddress(), address.getPort());
        socket.setSoTimeout((int) MILLIS);
        return socket;
    }

    private static int hears(Socket socket) throws IOException {
        socket.getOutputStream().write('x');
        return socket.getInputStream().read();
    }

    @Test
    public void a_protocol_that_goes_takes_its_connections_and_is_served_again_when_it_is_back() throws Exception {
        InetSocketAddress address = address();
        try (Socket first = connect(address)) {
            assertThat(hears(first)).isEqualTo('x');
            parrot.unregister();
            parrot = null;
            assertThat(first.getInputStream().read()).as("end").isEqualTo(-1);
            try (Socket away = connect(address)) {
                assertThat(away.getInputStream().read()).as("turned away").isEqualTo(-1);
            }
        }
        try (Socket early = connect(address)) {
            parrot = context.registerService(StreamProtocol.class, new Parrot(), null);
            assertThat(hears(early)).isEqualTo('x');
        }
        assertThat(address()).as("the listener stayed").isEqualTo(address);
    }

    @Test
    public void a_listener_is_where_its_configuration_says() throws Exception {
        InetSocketAddress before = address();
        int tracked = endpoints.getTrackingCount();
        listener.update(port(0));
        await(() -> endpoints.getTrackingCount() > tracked && endpoints.getService() != null);
        InetSocketAddress after = address();
        try (Socket socket = connect(after)) {
            assertThat(hears(socket)).isEqualTo('x');
        }
        assertThat(after).isNotEqualTo(before);
        listener.delete();
        await(() -> endpoints.getService() == null);
        listener = configurations.getFactoryConfiguration("dev.tarn.listener", "parrot", "?");
    }

    @Test
    public void a_listener_that_cannot_be_made_is_not_there_until_its_configuration_is_right() throws Exception {
        address();
        listener.update(port(70_000));
        await(() -> endpoints.getService() == null);
        listener.update(port(0));
        try (Socket socket = connect(address())) {
            assertThat(hears(socket)).isEqualTo('x');
        }
    }

    private interface Condition {
        boolean holds();
    }

    private static void await(Condition condition) throws InterruptedException {
        CountDownLatch never = new CountDownLatch(1);
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(MILLIS);
        while (!condition.holds()) {
            assertThat(System.nanoTime()).as("in time").isLessThan(end);
            never.await(20, TimeUnit.MILLISECONDS);
        }
    }
}
