// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest.probe;

import dev.tarn.transport.HttpExchange;
import dev.tarn.transport.HttpProtocol;
import io.netty.buffer.PoolArenaMetric;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocatorMetric;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.Constants;
import org.osgi.framework.SynchronousBundleListener;
import org.osgi.framework.wiring.BundleWiring;

/**
 * Tells over HTTP what is alive inside a running image: class loaders of bundles after a collection, threads, and buffers
 * that nobody has released. Packed into a bundle by the tests. Safe on any thread.
 */
public final class Probe implements BundleActivator, SynchronousBundleListener, HttpProtocol {
    private final Map<String, List<WeakReference<ClassLoader>>> loaders = new ConcurrentHashMap<>();

    @Override
    public void start(BundleContext context) {
        context.addBundleListener(this);
        for (Bundle bundle : context.getBundles()) {
            if (bundle.getState() == Bundle.ACTIVE) {
                remember(bundle);
            }
        }
        context.registerService(HttpProtocol.class, this, new Hashtable<>(Map.of(Constants.SERVICE_RANKING, 1_000)));
    }

    @Override
    public void stop(BundleContext context) {
        context.removeBundleListener(this);
    }

    @Override
    public void bundleChanged(BundleEvent event) {
        if (event.getType() == BundleEvent.STARTED) {
            remember(event.getBundle());
        }
    }

    private void remember(Bundle bundle) {
        ClassLoader loader = bundle.adapt(BundleWiring.class).getClassLoader();
        List<WeakReference<ClassLoader>> known =
                loaders.computeIfAbsent(bundle.getSymbolicName(), name -> new CopyOnWriteArrayList<>());
        if (known.stream().noneMatch(reference -> reference.refersTo(loader))) {
            known.add(new WeakReference<>(loader));
        }
    }

    @Override
    public String name() {
        return "probe";
    }

    @Override
    public boolean accepts(HttpRequest head) {
        return head.uri().equals("/probe");
    }

    @Override
    public void open(HttpExchange exchange) {
        byte[] text = String.join("\n", told()).getBytes(StandardCharsets.UTF_8);
        exchange.respond(
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK, Unpooled.wrappedBuffer(text)));
    }

    private List<String> told() {
        System.gc();
        List<String> lines = new CopyOnWriteArrayList<>();
        loaders.forEach((name, all) -> {
            all.removeIf(reference -> reference.get() == null);
            lines.add("loaders " + name + " " + all.size());
        });
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            lines.add("thread " + thread.getName());
        }
        PooledByteBufAllocatorMetric metric = PooledByteBufAllocator.DEFAULT.metric();
        lines.add("buffers " + (active(metric.directArenas()) + active(metric.heapArenas())));
        return lines;
    }

    private static long active(List<PoolArenaMetric> arenas) {
        return arenas.stream().mapToLong(PoolArenaMetric::numActiveAllocations).sum();
    }
}
