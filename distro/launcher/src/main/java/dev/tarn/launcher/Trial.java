// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.hooks.bundle.CollisionHook;
import org.osgi.framework.wiring.FrameworkWiring;

/** Finds out whether a jar could be a bundle here before anything that runs is touched. For one thread at a time. */
final class Trial implements CollisionHook {
    /** Location of what is only tried. */
    static final String TRIED = "trial:";

    private static final Set<String> PROTOCOLS =
            Set.of("dev.tarn.transport.StreamProtocol", "dev.tarn.transport.HttpProtocol");

    private final BundleContext context;
    private final AtomicReference<@Nullable Bundle> twin = new AtomicReference<>();

    /** Lacks what another bundle may bring, or take away. */
    static final class Lacking extends BundleException {
        private static final long serialVersionUID = 1L;

        Lacking(String message) {
            super(message);
        }
    }

    Trial(BundleContext context) {
        this.context = context;
        context.registerService(CollisionHook.class, this, null);
    }

    /** Lets what is tried be installed beside the bundle whose name and version it has. */
    @Override
    public void filterCollisions(int operation, Bundle target, Collection<Bundle> collisions) {
        Bundle allowed = twin.get();
        if (allowed != null) {
            collisions.remove(allowed);
        }
    }

    /** Fails when the jar could not take this bundle's place: it is no bundle, or something is missing. */
    void resolve(Path jar, Bundle present) throws IOException, BundleException {
        twin.set(present);
        Bundle tried;
        try (InputStream in = Files.newInputStream(jar)) {
            tried = context.installBundle(TRIED + jar, in);
        } finally {
            twin.set(null);
        }
        try {
            named(tried);
            FrameworkWiring wiring = context.getBundle().adapt(FrameworkWiring.class);
            if (!wiring.resolveBundles(List.of(tried))) {
                missing(tried);
            }
        } finally {
            tried.uninstall();
        }
    }

    /** Fails with what is missing. Only an attempt to start says that; without it, nothing is started. */
    private static void missing(Bundle tried) throws BundleException {
        try {
            tried.start(Bundle.START_TRANSIENT);
        } catch (BundleException failure) {
            throw new Lacking(Readiness.unstarted(tried, failure));
        }
    }

    /** Fails when it is not a bundle. */
    void named(Bundle made) throws BundleException {
        if (made.getSymbolicName() == null) {
            throw new BundleException("it has no Bundle-SymbolicName and so is not a bundle");
        }
    }

    /** Fails when another bundle brings the same protocol. */
    void alone(Bundle made) throws BundleException {
        if (!speaks(made)) {
            return;
        }
        for (Bundle other : context.getBundles()) {
            if (other.getBundleId() != made.getBundleId()
                    && made.getSymbolicName().equals(other.getSymbolicName())
                    && speaks(other)) {
                throw new Lacking(made.getSymbolicName() + " " + other.getVersion() + " is installed already, from "
                        + other.getLocation().replaceFirst("^[a-z]+:", "") + ": replace that file, or delete it");
            }
        }
    }

    private static boolean speaks(Bundle bundle) {
        String capabilities = bundle.getHeaders("").get(Constants.PROVIDE_CAPABILITY);
        return capabilities != null && PROTOCOLS.stream().anyMatch(capabilities::contains);
    }
}
