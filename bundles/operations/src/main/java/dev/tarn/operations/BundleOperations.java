// SPDX-License-Identifier: Apache-2.0
package dev.tarn.operations;

import dev.tarn.api.operation.Operation;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/**
 * Offers the operations {@code bundle_list}, {@code bundle_install}, {@code bundle_update}, {@code bundle_uninstall},
 * {@code bundle_start} and {@code bundle_stop}, which run one after the other on one thread.
 */
@Component(
        service = {},
        immediate = true,
        configurationPid = "dev.tarn.operations")
@Designate(ocd = BundleOperations.Config.class)
public final class BundleOperations implements AutoCloseable {
    private static final int WAITING = 32;

    private final BundleContext context;
    private final ExecutorService thread = thread();

    /** The folders that bundles are deployed in; told by the launcher. */
    @ObjectClassDefinition(name = "Operations")
    public @interface Config {
        /** What users add. */
        @AttributeDefinition(description = "Folder that bundles are installed to")
        String deploy() default "";

        /** What the image brings. */
        @AttributeDefinition(description = "Folder of the protocols that came with the image")
        String protocols() default "";
    }

    @Activate
    public BundleOperations(BundleContext context, @Reference Health health, Config config) {
        this.context = context;
        List<Path> folders =
                config.deploy().isEmpty() ? List.of() : List.of(Path.of(config.deploy()), Path.of(config.protocols()));
        DeployedBundles bundles =
                new DeployedBundles(context.getBundle(0).getBundleContext(), folders, health::deployments);
        offer("bundle_list", none -> Map.of("bundles", bundles.list()));
        offer(
                "bundle_install",
                given -> bundles.install(given.text("file"), given.bytes("content"), given.said("update")));
        offer("bundle_update", given -> bundles.update(given.text("bundle"), given.bytes("content")));
        offer("bundle_uninstall", given -> bundles.uninstall(given.text("bundle")));
        offer("bundle_start", given -> bundles.start(given.text("bundle")));
        offer("bundle_stop", given -> bundles.stop(given.text("bundle")));
    }

    private static ThreadPoolExecutor thread() {
        ThreadPoolExecutor made = new ThreadPoolExecutor(
                1,
                1,
                10,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(WAITING),
                work -> new Thread(work, "tarn-bundles"));
        made.allowCoreThreadTimeOut(true);
        return made;
    }

    /** Registered until this bundle stops. */
    private void offer(String name, Function<Arguments, Map<String, Object>> work) {
        context.registerService(Operation.class, new Verb(name, thread, work), null);
    }

    /** Ends the thread; a bundle that is being installed is installed nevertheless. */
    @Deactivate
    @Override
    public void close() {
        thread.shutdownNow();
    }
}
