// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.felix.framework.FrameworkFactory;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.osgi.framework.startlevel.FrameworkStartLevel;

/** The OSGi framework with the image's bundles in it. Started and stopped by one thread each. */
final class Container {
    private static final int CONFIGURED = 10;
    private static final int ALL = 90;

    private final Framework framework;
    private final List<Bundle> bundles = new ArrayList<>();

    /** A framework that is not started yet; what it caches is below this folder and thrown away at each start. */
    Container(Path cache) {
        Map<String, String> properties = new HashMap<>();
        properties.put(Constants.FRAMEWORK_STORAGE, cache.toString());
        properties.put(Constants.FRAMEWORK_STORAGE_CLEAN, Constants.FRAMEWORK_STORAGE_CLEAN_ONFIRSTINIT);
        properties.put(Constants.FRAMEWORK_BEGINNING_STARTLEVEL, String.valueOf(CONFIGURED));
        properties.put(Constants.FRAMEWORK_BOOTDELEGATION, "sun.nio.ch,sun.misc,jdk.internal.misc");
        properties.put(Constants.FRAMEWORK_SYSTEMPACKAGES_EXTRA, SystemPackages.extra());
        // What goes wrong is read from states and events; the framework itself would print it to standard output.
        properties.put("felix.log.level", "0");
        framework = new FrameworkFactory().newFramework(properties);
    }

    BundleContext context() {
        return framework.getBundleContext();
    }

    /** The image's bundles. */
    List<Bundle> bundles() {
        return List.copyOf(bundles);
    }

    /** Installs the jars and starts up to the level that configurations can be written at; returns the log it follows. */
    FrameworkLog begin(List<Image.Jar> jars) throws BundleException {
        framework.init();
        FrameworkLog log = new FrameworkLog(context());
        log.begin();
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

    /** Starts everything else and returns once each bundle was tried; what failed shows in the bundles' states. */
    void finish() throws InterruptedException {
        CountDownLatch reached = new CountDownLatch(1);
        framework.adapt(FrameworkStartLevel.class).setStartLevel(ALL, event -> {
            if (event.getType() == FrameworkEvent.STARTLEVEL_CHANGED) {
                reached.countDown();
            }
        });
        reached.await();
    }

    /** Stops all bundles, highest level first. Returns false when they take longer than this. */
    boolean stop(long seconds) {
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

    /** Waits until somebody stops the framework. */
    void awaitStop() throws InterruptedException {
        framework.waitForStop(0);
    }

    static boolean fragment(Bundle bundle) {
        return bundle.getHeaders("").get(Constants.FRAGMENT_HOST) != null;
    }
}
