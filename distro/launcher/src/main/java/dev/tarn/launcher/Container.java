// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.felix.framework.FrameworkFactory;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.osgi.framework.startlevel.FrameworkStartLevel;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.component.runtime.dto.ComponentConfigurationDTO;
import org.osgi.service.component.runtime.dto.ComponentDescriptionDTO;

/** The OSGi framework with the image's bundles in it. Started and stopped by one thread each. */
final class Container {
    private static final int CONFIGURED = 10;
    private static final int DOORS = Image.LATER - 1;
    private static final int ALL = 90;

    private final Framework framework;
    private final List<Bundle> bundles = new ArrayList<>();
    private final AtomicBoolean stopping = new AtomicBoolean();

    /** A framework that is not started yet; what it caches is below this folder and thrown away at each start. */
    Container(Path cache) {
        Map<String, String> properties = new HashMap<>();
        properties.put(Constants.FRAMEWORK_STORAGE, cache.toString());
        properties.put(Constants.FRAMEWORK_STORAGE_CLEAN, Constants.FRAMEWORK_STORAGE_CLEAN_ONFIRSTINIT);
        properties.put(Constants.FRAMEWORK_BEGINNING_STARTLEVEL, String.valueOf(CONFIGURED));
        properties.put(Constants.FRAMEWORK_BOOTDELEGATION, "sun.nio.ch,sun.misc,jdk.internal.misc");
        // What takes a bundle's place is tried beside it first; see Trial.
        properties.put(Constants.FRAMEWORK_BSNVERSION, Constants.FRAMEWORK_BSNVERSION_MANAGED);
        properties.put(Constants.FRAMEWORK_SYSTEMPACKAGES_EXTRA, SystemPackages.extra());
        // Without this one, which asks our own users, the Felix Web Console does not open.
        properties.put("felix.webconsole.security.providers", "tarn");
        // Entries that the console's page of the log shows; most of them tell of services that came and went.
        properties.put("org.apache.felix.log.maxSize", "1000");
        properties.put("org.osgi.service.log.admin.loglevel", "INFO");
        // What goes wrong is read from states and events; the framework itself would print it to standard output.
        properties.put("felix.log.level", "0");
        framework = new FrameworkFactory().newFramework(properties);
    }

    BundleContext context() {
        return framework.getBundleContext();
    }

    /** The image's bundles that must be there before the doors are open. */
    List<Bundle> bundles() {
        return bundles.stream()
                .filter(bundle -> bundle.adapt(BundleStartLevel.class).getStartLevel() < Image.LATER)
                .toList();
    }

    /** Installs the jars and starts up to the level that configurations can be written at; returns the log it follows. */
    FrameworkLog begin(List<Image.Jar> jars) throws BundleException {
        framework.init();
        FrameworkLog log = new FrameworkLog(context());
        log.begin();
        LogCopy.begin(context());
        for (Image.Jar jar : jars) {
            Bundle bundle = install(jar);
            bundle.adapt(BundleStartLevel.class).setStartLevel(jar.level());
            bundles.add(bundle);
        }
        for (Bundle bundle : bundles) {
            if (!fragment(bundle)) {
                bundle.start(Bundle.START_ACTIVATION_POLICY);
            }
        }
        framework.start();
        return log;
    }

    private Bundle install(Image.Jar jar) {
        try {
            return context().installBundle("reference:" + jar.file().toUri());
        } catch (BundleException failure) {
            throw Refusal.failed("bundle " + jar.file() + " cannot be installed: " + Cause.line(failure));
        }
    }

    /** Starts what comes after the doors are open, without waiting for it. */
    void startLater() {
        framework.adapt(FrameworkStartLevel.class).setStartLevel(ALL);
    }

    /** Starts what is behind the doors; returns once each bundle was tried; what failed shows in the bundles' states. */
    void behind() throws InterruptedException {
        reach(Image.PROTOCOLS - 1);
    }

    /** Starts the protocols and what is deployed, likewise. */
    void doors() throws InterruptedException {
        reach(DOORS);
    }

    private void reach(int level) throws InterruptedException {
        CountDownLatch reached = new CountDownLatch(1);
        framework.adapt(FrameworkStartLevel.class).setStartLevel(level, event -> {
            if (event.getType() == FrameworkEvent.STARTLEVEL_CHANGED) {
                reached.countDown();
            }
        });
        reached.await();
    }

    /**
     * Closes the listeners, which lets running requests end and says goodbye to clients while every protocol is still
     * there; then stops all bundles, highest level first. Returns false when that takes longer than this.
     */
    boolean stop(long seconds) {
        stopping.set(true);
        if (framework.getState() == Bundle.ACTIVE) {
            closeListeners(seconds / 2);
        }
        try {
            framework.stop();
            return framework.waitForStop(TimeUnit.SECONDS.toMillis(seconds)).getType() != FrameworkEvent.WAIT_TIMEDOUT;
        } catch (BundleException failure) {
            throw Refusal.failed("the framework does not stop: " + Cause.line(failure));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Whether it was told to stop. */
    boolean stopping() {
        return stopping.get();
    }

    private void closeListeners(long seconds) {
        ServiceReference<ConfigurationAdmin> reference = context().getServiceReference(ConfigurationAdmin.class);
        if (reference == null) {
            return;
        }
        try {
            org.osgi.service.cm.Configuration[] listeners =
                    context().getService(reference).listConfigurations("(service.factoryPid=" + Catalog.LISTENER + ")");
            for (org.osgi.service.cm.Configuration listener :
                    listeners == null ? new org.osgi.service.cm.Configuration[0] : listeners) {
                listener.delete();
            }
            CountDownLatch never = new CountDownLatch(1);
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
            // Each goes once its connections have ended or its own drain time is over.
            while (System.nanoTime() < end && !listening().isEmpty()) {
                never.await(10, TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } catch (IOException | InvalidSyntaxException failure) {
            throw Refusal.failed("the listeners do not close: " + Cause.line(failure));
        }
    }

    /** The components that hold a listening socket. */
    private List<ComponentConfigurationDTO> listening() {
        ServiceReference<ServiceComponentRuntime> reference =
                context().getServiceReference(ServiceComponentRuntime.class);
        if (reference == null) {
            return List.of();
        }
        ServiceComponentRuntime runtime = context().getService(reference);
        List<ComponentConfigurationDTO> found = new ArrayList<>();
        for (ComponentDescriptionDTO description : runtime.getComponentDescriptionDTOs()) {
            if (Arrays.asList(description.configurationPid).contains(Catalog.LISTENER)) {
                found.addAll(runtime.getComponentConfigurationDTOs(description));
            }
        }
        return found;
    }

    /** Waits until somebody stops the framework. */
    void awaitStop() throws InterruptedException {
        framework.waitForStop(0);
    }

    static boolean fragment(Bundle bundle) {
        return bundle.getHeaders("").get(Constants.FRAGMENT_HOST) != null;
    }
}
