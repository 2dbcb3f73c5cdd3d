// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest.probe;

import dev.tarn.transport.HttpExchange;
import dev.tarn.transport.HttpProtocol;
import dev.tarn.transport.Loops;
import io.netty.buffer.PoolArenaMetric;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocatorMetric;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.concurrent.EventExecutor;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.SynchronousBundleListener;
import org.osgi.framework.wiring.BundleWiring;

/**
 * Tells over HTTP what is alive inside a running image: class loaders of bundles after a collection, threads, and buffers
 * that nobody has released. Packed into a bundle by the tests. Safe on any thread.
 *
 * <p>Code that the second compiler made refers to every class that it has inlined, and code that is running is a root of
 * collections. An event loop runs in the same compiled loop for as long as the node lives, and so keeps the classes of
 * bundles that once were called from there. Asked for {@code /probe?code=away}, it throws compiled code away and lets every
 * loop come back to its own before it counts; what is still there then is held by an object.
 */
public final class Probe implements BundleActivator, SynchronousBundleListener, HttpProtocol {
    private volatile BundleContext context;
    private final Map<String, List<WeakReference<ClassLoader>>> loaders = new ConcurrentHashMap<>();

    @Override
    public void start(BundleContext started) {
        context = started;
        context.addBundleListener(this);
        for (Bundle bundle : context.getBundles()) {
            if (bundle.getState() == Bundle.ACTIVE) {
                remember(bundle);
            }
        }
        context.registerService(HttpProtocol.class, this, new Hashtable<>(Map.of(Constants.SERVICE_RANKING, 1_000)));
    }

    @Override
    public void stop(BundleContext stopped) {
        stopped.removeBundleListener(this);
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
        return head.uri().equals("/probe") || head.uri().equals("/probe?code=away");
    }

    @Override
    public void open(HttpExchange exchange) {
        Thread counting = new Thread(
                () -> {
                    byte[] text = String.join("\n", told(exchange.query().equals("code=away")))
                            .getBytes(StandardCharsets.UTF_8);
                    exchange.loop()
                            .execute(() -> exchange.respond(new DefaultFullHttpResponse(
                                    HttpVersion.HTTP_1_1, HttpResponseStatus.OK, Unpooled.wrappedBuffer(text))));
                },
                "probe");
        counting.start();
    }

    private List<String> told(boolean codeAway) {
        if (codeAway) {
            throwCodeAway();
        }
        System.gc();
        List<String> lines = new ArrayList<>();
        counted().forEach((name, count) -> lines.add("loaders " + name + " " + count));
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread != Thread.currentThread()) {
                lines.add("thread " + thread.getName());
            }
        }
        PooledByteBufAllocatorMetric metric = PooledByteBufAllocator.DEFAULT.metric();
        lines.add("buffers " + (active(metric.directArenas()) + active(metric.heapArenas())));
        return lines;
    }

    private Map<String, Integer> counted() {
        Map<String, Integer> counted = new TreeMap<>();
        loaders.forEach((name, all) -> {
            all.removeIf(reference -> reference.refersTo(null));
            counted.put(name, all.size());
        });
        return counted;
    }

    private void throwCodeAway() {
        try {
            Class<?> inside = Class.forName("sun.hotspot.WhiteBox", true, null);
            inside.getMethod("deoptimizeAll").invoke(inside.getConstructor().newInstance());
            ServiceReference<Loops> reference = context.getServiceReference(Loops.class);
            for (EventExecutor loop : context.getService(reference).group()) {
                loop.submit(() -> {}).get(60, TimeUnit.SECONDS);
            }
        } catch (LinkageError otherMachine) {
            // Not a HotSpot that has this: then it is counted as it is.
            return;
        } catch (ReflectiveOperationException | ExecutionException | TimeoutException failure) {
            throw new IllegalStateException(failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static long active(List<PoolArenaMetric> arenas) {
        return arenas.stream().mapToLong(PoolArenaMetric::numActiveAllocations).sum();
    }
}
