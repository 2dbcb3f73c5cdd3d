// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import dev.tarn.launcher.Plan.Configuration;
import java.io.IOException;
import java.util.HashMap;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.SynchronousBundleListener;
import org.osgi.service.cm.ConfigurationAdmin;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands the plan to the configuration service; again whenever a bundle is installed that describes more keys, since its
 * section may have waited in the file. Safe on any thread.
 */
final class Configurations implements SynchronousBundleListener {
    private static final Logger LOG = LoggerFactory.getLogger("dev.tarn.launcher");

    private final BundleContext context;
    private final Catalog catalog;
    private final Settings settings;
    private final Supplier<Settings> reread;
    private final Map<String, String> given;
    private final Map<String, Map<String, Object>> written = new HashMap<>();

    /**
     * Follows bundles once it has begun.
     *
     * @param settings as they were at the start
     * @param reread as they are now, for what was not configured at the start
     */
    Configurations(
            BundleContext context,
            Catalog catalog,
            Settings settings,
            Supplier<Settings> reread,
            Map<String, String> given) {
        this.context = context;
        this.catalog = catalog;
        this.settings = settings;
        this.reread = reread;
        this.given = Map.copyOf(given);
    }

    /** Writes the plan's configurations, then follows the bundles. Fails with a {@link Refusal}. */
    void begin(Plan plan) {
        new KeptSecrets().begin(context);
        synchronized (this) {
            write(plan.configurations());
        }
        context.addBundleListener(this);
    }

    /** What this has told a component. */
    synchronized Map<String, Object> written(String pid, String instance) {
        return written.getOrDefault(pid + "~" + instance, Map.of());
    }

    /** A component's keys by their full names; empty for one that is not configured in the file. */
    synchronized Map<String, Key> keys(String pid, String instance) {
        Map<String, Key> keys = new HashMap<>();
        catalog.sections()
                .forEach((section, parts) -> parts.stream()
                        .filter(part ->
                                part.pid().equals(pid) && part.instance().equals(instance))
                        .forEach(part ->
                                part.keys().values().forEach(key -> keys.put(section + "." + key.name(), key))));
        if (keys.isEmpty() && pid.equals(Catalog.LISTENER)) {
            // One that is not named after a protocol.
            String section = "listener." + instance;
            catalog.takers(section + ".port").keySet().stream()
                    .flatMap(part -> part.keys().values().stream())
                    .forEach(key -> keys.put(section + "." + key.name(), key));
        }
        return keys;
    }

    private void write(List<Configuration> configurations) {
        ServiceReference<ConfigurationAdmin> reference = context.getServiceReference(ConfigurationAdmin.class);
        if (reference == null) {
            throw Refusal.failed("the configuration service is not there");
        }
        ConfigurationAdmin admin = context.getService(reference);
        try {
            for (Configuration each : configurations) {
                Map<String, Object> before = written.put(each.pid() + "~" + each.instance(), each.properties());
                if (before == null || !same(before, each.properties())) {
                    org.osgi.service.cm.Configuration target = each.instance().isEmpty()
                            ? admin.getConfiguration(each.pid(), "?")
                            : admin.getFactoryConfiguration(each.pid(), each.instance(), "?");
                    target.update(new Hashtable<>(each.properties()));
                }
            }
        } catch (IOException failure) {
            throw Refusal.failed("configurations cannot be written: " + Cause.line(failure));
        }
    }

    /** Whether a component would see no difference; the lists among the values are arrays. */
    private static boolean same(Map<String, Object> before, Map<String, Object> after) {
        return before.keySet().equals(after.keySet())
                && before.entrySet().stream()
                        .allMatch(entry -> Objects.deepEquals(entry.getValue(), after.get(entry.getKey())));
    }

    /** On the thread that installs the bundle, before its components are made. */
    @Override
    public void bundleChanged(BundleEvent event) {
        boolean tried = event.getBundle().getLocation().startsWith(Trial.TRIED);
        if (!tried && (event.getType() == BundleEvent.INSTALLED || event.getType() == BundleEvent.UPDATED)) {
            describe(event.getBundle());
        }
    }

    private synchronized void describe(Bundle bundle) {
        try {
            Described described = Described.in(bundle);
            if (described.metatypes().isEmpty() && !described.speaks()) {
                return;
            }
            catalog.add(described);
            Plan plan = Plan.of(catalog, settings, given);
            plan.errors().forEach(error -> LOG.error("{}", error));
            write(plan.configurations());
            Plan fresh = Plan.of(catalog, reread.get(), given);
            write(fresh.configurations().stream()
                    .filter(each -> !written.containsKey(each.pid() + "~" + each.instance()))
                    .toList());
            if (described.speaks() && fresh.unheard().contains(described.listenerName())) {
                LOG.warn("{}", Plan.portless(described.listenerName()));
            }
        } catch (IOException | Refusal failure) {
            LOG.error(
                    "the configuration of bundle {} is left as it is: {}",
                    bundle.getSymbolicName(),
                    Cause.line(failure));
        }
    }
}
