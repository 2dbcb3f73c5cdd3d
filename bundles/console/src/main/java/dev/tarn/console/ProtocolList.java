// SPDX-License-Identifier: Apache-2.0
package dev.tarn.console;

import dev.tarn.transport.Endpoint;
import dev.tarn.transport.HttpProtocol;
import dev.tarn.transport.Meter;
import dev.tarn.transport.StreamProtocol;
import dev.tarn.transport.Traffic;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/** The protocols that are installed, running or not, their listeners and figures. Safe on any thread; quick. */
@Component(service = ProtocolList.class)
public final class ProtocolList {
    private static final String DEPLOYED = "deploy:";

    private final BundleContext context;
    private final Meter meter;
    private final Map<Object, Speaking> speaking = new ConcurrentHashMap<>();
    private final CopyOnWriteArrayList<Endpoint> endpoints = new CopyOnWriteArrayList<>();
    private final AtomicReference<@Nullable Supplier<Map<String, Map<String, String>>>> deployments =
            new AtomicReference<>();

    /** A protocol that is here; {@code over} is what carries it. */
    private record Speaking(String name, String over, long bundle) {}

    @Activate
    public ProtocolList(BundleContext context, @Reference Meter meter) {
        this.context = context;
        this.meter = meter;
    }

    /** A stream protocol is here. */
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    public void addStream(StreamProtocol protocol, Map<String, Object> properties) {
        speaking.put(protocol, new Speaking(protocol.name(), "", bundle(properties)));
    }

    /** It is gone. */
    public void removeStream(StreamProtocol protocol) {
        speaking.remove(protocol);
    }

    /** An HTTP protocol is here; those of the administration are not asked for, since they ask for this. */
    @Reference(
            cardinality = ReferenceCardinality.MULTIPLE,
            policy = ReferencePolicy.DYNAMIC,
            target = "(!(tarn.door=*))")
    public void addHttp(HttpProtocol protocol, Map<String, Object> properties) {
        speaking.put(protocol, new Speaking(protocol.name(), "http", bundle(properties)));
    }

    /** It is gone. */
    public void removeHttp(HttpProtocol protocol) {
        speaking.remove(protocol);
    }

    /** A listener has tried to open its port. */
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    public void addEndpoint(Endpoint endpoint) {
        endpoints.add(endpoint);
    }

    /** It has closed. */
    public void removeEndpoint(Endpoint endpoint) {
        endpoints.remove(endpoint);
    }

    /** Somebody deploys bundles from files and tells what became of them; the launcher, which is no bundle. */
    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            target = "(tarn.deployments=*)")
    public void setDeployments(Supplier<Map<String, Map<String, String>>> told) {
        deployments.set(told);
    }

    /** He tells no longer. */
    public void unsetDeployments(Supplier<Map<String, Map<String, String>>> told) {
        deployments.compareAndSet(told, null);
    }

    /** Files that could not be deployed or do not run, and why. */
    private List<Object> failed() {
        Supplier<Map<String, Map<String, String>>> told = deployments.get();
        List<Object> failed = new ArrayList<>();
        if (told != null) {
            new TreeMap<>(told.get()).forEach((file, words) -> {
                String problem = words.getOrDefault("problem", "");
                if (!problem.isEmpty()) {
                    failed.add(Map.of("file", String.valueOf(Path.of(file).getFileName()), "problem", problem));
                }
            });
        }
        return failed;
    }

    private static long bundle(Map<String, Object> properties) {
        return properties.get(Constants.SERVICE_BUNDLEID) instanceof Long id ? id : -1;
    }

    /** Everything as it is now. */
    Map<String, Object> now() {
        List<Object> protocols = new ArrayList<>();
        for (Bundle bundle : context.getBundles()) {
            String capabilities = bundle.getHeaders("").get(Constants.PROVIDE_CAPABILITY);
            if (capabilities != null
                    && bundle != context.getBundle()
                    && (capabilities.contains(StreamProtocol.class.getName())
                            || capabilities.contains(HttpProtocol.class.getName()))) {
                protocols.addAll(of(bundle));
            }
        }
        Map<String, Object> now = new LinkedHashMap<>();
        now.put("time", System.currentTimeMillis());
        now.put("uptime", ManagementFactory.getRuntimeMXBean().getUptime() / 1000);
        now.put("protocols", protocols);
        now.put("failed", failed());
        return now;
    }

    private List<Map<String, Object>> of(Bundle bundle) {
        List<Map<String, Object>> found = new ArrayList<>();
        speaking.values().stream()
                .filter(each -> each.bundle() == bundle.getBundleId())
                .sorted((a, b) -> a.name().compareTo(b.name()))
                .forEach(each -> found.add(running(each, bundle)));
        if (found.isEmpty()) {
            Map<String, Object> silent = about(bundle);
            String name = String.valueOf(bundle.getSymbolicName());
            silent.put("name", name.substring(name.lastIndexOf('.') + 1));
            silent.put("state", bundle.getState() == Bundle.INSTALLED ? "unresolved" : "stopped");
            found.add(silent);
        }
        return found;
    }

    private Map<String, Object> running(Speaking protocol, Bundle bundle) {
        Map<String, Object> told = about(bundle);
        told.put("name", protocol.name());
        told.put("over", protocol.over());
        told.put("state", "running");
        List<Object> listeners = new ArrayList<>();
        for (Endpoint endpoint : endpoints) {
            if (protocol.over().isEmpty() && endpoint.protocols().contains(protocol.name())) {
                endpoint.address().ifPresent(address -> listeners.add(words(address)));
                endpoint.problem().ifPresent(problem -> told.put("problem", problem));
            }
        }
        told.put("listeners", listeners);
        Traffic traffic = meter.traffic(protocol.name());
        told.put("connections", traffic.open.sum());
        told.put("in", traffic.in.sum());
        told.put("out", traffic.out.sum());
        told.put("bytesIn", traffic.bytesIn.sum());
        told.put("bytesOut", traffic.bytesOut.sum());
        told.put("dropped", traffic.dropped.sum());
        told.put("refused", traffic.refused.sum());
        return told;
    }

    private static Map<String, Object> about(Bundle bundle) {
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("bundle", String.valueOf(bundle.getSymbolicName()));
        told.put("version", String.valueOf(bundle.getVersion()));
        told.put("removable", bundle.getLocation().startsWith(DEPLOYED));
        return told;
    }

    private static String words(InetSocketAddress address) {
        String host = address.getAddress() == null
                ? address.getHostString()
                : address.getAddress().getHostAddress();
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
    }
}
