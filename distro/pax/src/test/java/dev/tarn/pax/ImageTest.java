// SPDX-License-Identifier: Apache-2.0
package dev.tarn.pax;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;
import static org.ops4j.pax.exam.CoreOptions.bootDelegationPackages;
import static org.ops4j.pax.exam.CoreOptions.bundle;
import static org.ops4j.pax.exam.CoreOptions.cleanCaches;
import static org.ops4j.pax.exam.CoreOptions.composite;
import static org.ops4j.pax.exam.CoreOptions.frameworkStartLevel;
import static org.ops4j.pax.exam.CoreOptions.junitBundles;
import static org.ops4j.pax.exam.CoreOptions.systemPackage;

import dev.tarn.api.client.ClientObserver;
import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.resource.Terms;
import dev.tarn.api.security.User;
import dev.tarn.transport.Endpoint;
import java.io.File;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import javax.inject.Inject;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.cm.ConfigurationAdmin;

/** The bundles of the image start in any framework that gives them what the launcher does. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class ImageTest {

    @Inject
    private BundleContext context;

    @Inject
    private Resources resources;

    @Inject
    private Bodies bodies;

    @Inject
    private ConfigurationAdmin configurations;

    @Configuration
    public Option[] image() throws IOException {
        File image = new File(System.getProperty("tarn.image")).getCanonicalFile();
        List<Option> options = new ArrayList<>();
        for (File level : sorted(new File(image, "system"))) {
            for (File jar : sorted(level)) {
                boolean fragment = header(jar, Constants.FRAGMENT_HOST) != null;
                options.add(
                        bundle(jar.toURI().toString()).start(!fragment).startLevel(Integer.parseInt(level.getName())));
            }
        }
        for (File jar : sorted(new File(image, "lib"))) {
            String exports = header(jar, Constants.EXPORT_PACKAGE);
            if (exports != null && !jar.getName().startsWith("org.apache.felix.framework")) {
                options.add(systemPackage(exports));
            }
        }
        return new Option[] {
            cleanCaches(),
            frameworkStartLevel(60),
            bootDelegationPackages("sun.nio.ch", "sun.misc", "jdk.internal.misc"),
            junitBundles(),
            composite(options.toArray(Option[]::new))
        };
    }

    private static String header(File file, String name) throws IOException {
        try (JarFile jar = new JarFile(file)) {
            return jar.getManifest().getMainAttributes().getValue(name);
        }
    }

    private static List<File> sorted(File folder) {
        File[] files = folder.listFiles();
        Arrays.sort(files);
        return List.of(files);
    }

    /** Gives users and a listener of this name what the launcher tells them. */
    private InetSocketAddress listening(String name) throws Exception {
        configurations
                .getConfiguration("dev.tarn.security", "?")
                .update(new Hashtable<>(Map.of("directory", "", "mode", "dev")));
        configurations
                .getFactoryConfiguration("dev.tarn.listener", name, "?")
                .update(new Hashtable<>(Map.of("name", name, "port", 0)));
        CountDownLatch never = new CountDownLatch(1);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        ServiceReference<Endpoint> reference = endpoint(name);
        while (reference == null) {
            assertTrue("no listener in time", System.nanoTime() < end);
            never.await(20, TimeUnit.MILLISECONDS);
            reference = endpoint(name);
        }
        return context.getService(reference).address().orElseThrow();
    }

    private ServiceReference<Endpoint> endpoint(String name) throws InvalidSyntaxException {
        return context.getServiceReferences(Endpoint.class, "(name=" + name + ")").stream()
                .findFirst()
                .orElse(null);
    }

    @Test
    public void a_request_is_answered() throws Exception {
        InetSocketAddress address = listening("http");
        HttpURLConnection request =
                (HttpURLConnection) new URL("http://127.0.0.1:" + address.getPort() + "/pax/none").openConnection();
        assertEquals(404, request.getResponseCode());
    }

    @Test
    public void an_observer_is_told_of_mqtt_clients_while_it_is_registered() throws Exception {
        InetSocketAddress address = listening("mqtt");
        BlockingQueue<String> events = new LinkedBlockingQueue<>();
        ClientObserver observer =
                event -> events.add(event.type().text() + " " + event.client().id());
        ServiceRegistration<ClientObserver> registration = context.registerService(
                ClientObserver.class,
                observer,
                new Hashtable<>(Map.of(ClientObserver.EVENTS, new String[] {"connected", "disconnected"})));
        visit(address);
        assertEquals("connected pax", events.poll(60, TimeUnit.SECONDS));
        assertEquals("disconnected pax", events.poll(60, TimeUnit.SECONDS));
        registration.unregister();
        visit(address);
        assertTrue(events.isEmpty());
    }

    /** Connects as an MQTT 3.1.1 client called pax, and says goodbye. */
    private static void visit(InetSocketAddress address) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", address.getPort())) {
            socket.getOutputStream()
                    .write(new byte[] {0x10, 15, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 60, 0, 3, 'p', 'a', 'x'});
            assertEquals(0x20, socket.getInputStream().read());
            assertEquals(0, socket.getInputStream().readNBytes(3)[2]);
            socket.getOutputStream().write(new byte[] {(byte) 0xE0, 0});
            assertEquals(-1, socket.getInputStream().read());
        }
    }

    @Test
    public void every_bundle_of_ours_runs() {
        int ours = 0;
        for (Bundle bundle : context.getBundles()) {
            if (bundle.getSymbolicName().startsWith("dev.tarn.")) {
                ours++;
                assertEquals(bundle.getSymbolicName(), Bundle.ACTIVE, bundle.getState());
            }
        }
        assertTrue("bundles: " + ours, ours >= 11);
    }

    @Test
    public void a_row_is_written_and_read() throws Exception {
        Context asking = resources.context(new User("tester", Set.of(), true), "test", "pax", null);
        Path path = Path.of("pax/test");
        byte[] bytes = "seen".getBytes(StandardCharsets.UTF_8);
        resources
                .put(asking, path, bodies.opaque("text/plain", bytes), Terms.NONE)
                .toCompletableFuture()
                .get(60, TimeUnit.SECONDS);
        Row row = resources
                .get(asking, path)
                .toCompletableFuture()
                .get(60, TimeUnit.SECONDS)
                .orElseThrow();
        assertEquals("seen", new String(row.body().bytes(), StandardCharsets.UTF_8));
    }
}
