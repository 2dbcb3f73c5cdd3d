// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import java.io.IOException;
import java.lang.reflect.Array;
import java.nio.file.Path;
import java.util.Dictionary;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.cm.ConfigurationEvent;
import org.osgi.service.cm.ConfigurationListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts what somebody changes while the node runs, as in the console, into the configuration file, so that it is there after
 * the next start. What the file and the command line said before is not written again. On the thread of the configuration
 * service.
 */
final class SavedChanges implements ConfigurationListener {
    private static final Logger LOG = LoggerFactory.getLogger("dev.tarn.launcher");

    private final BundleContext context;
    private final Configurations configurations;
    private final Optional<Path> file;
    private final BooleanSupplier stopping;
    private final Map<String, Map<String, Object>> last = new HashMap<>();

    /**
     * Follows nothing yet.
     *
     * @param stopping whether the node stops, so that what happens to configurations is not anybody's wish
     */
    SavedChanges(BundleContext context, Configurations configurations, Optional<Path> file, BooleanSupplier stopping) {
        this.stopping = stopping;
        this.context = context;
        this.configurations = configurations;
        this.file = file;
    }

    /** Follows changes until the framework stops. */
    void begin() {
        context.registerService(ConfigurationListener.class, this, null);
    }

    @Override
    public synchronized void configurationEvent(ConfigurationEvent event) {
        if (stopping.getAsBoolean()) {
            // The launcher itself closes the listeners then.
            return;
        }
        try {
            if (event.getType() == ConfigurationEvent.CM_UPDATED) {
                updated(event);
            } else if (event.getType() == ConfigurationEvent.CM_DELETED) {
                deleted(event);
            }
        } catch (IOException | InvalidSyntaxException failure) {
            LOG.error("a change of {} is not in the configuration file: {}", event.getPid(), Cause.line(failure));
        }
    }

    private void updated(ConfigurationEvent event) throws IOException, InvalidSyntaxException {
        Map<String, Object> now = properties(event);
        String pid = event.getFactoryPid() == null ? event.getPid() : event.getFactoryPid();
        String instance = instance(event, now);
        Map<String, Object> changed = new TreeMap<>();
        Map<String, Object> before = last.getOrDefault(event.getPid(), configurations.written(pid, instance));
        configurations.keys(pid, instance).forEach((full, key) -> {
            Object value = now.get(key.name());
            Object old = before.get(key.name());
            boolean asBefore = old == null ? standard(key, value) : Objects.deepEquals(old, value);
            if (value != null && !asBefore && !Launch.GIVEN.contains(full)) {
                changed.put(full, value);
            }
        });
        last.put(event.getPid(), now);
        if (!changed.isEmpty()) {
            save(changed);
        }
    }

    /** A listener that is deleted is switched off in the file, where leaving it out would open it again. */
    private void deleted(ConfigurationEvent event) throws IOException {
        String factory = event.getFactoryPid();
        Map<String, Object> before = last.getOrDefault(event.getPid(), Map.of());
        last.remove(event.getPid());
        if (factory == null) {
            LOG.warn(
                    "the configuration {} was deleted; the configuration file is as it was, and makes it again at the"
                            + " next start",
                    event.getPid());
            return;
        }
        Map<String, Object> off = new TreeMap<>();
        configurations.keys(factory, instance(event, before)).keySet().stream()
                .filter(full -> factory.equals(Catalog.LISTENER) && full.endsWith(".port"))
                .forEach(full -> off.put(full, Plan.OFF));
        if (!off.isEmpty()) {
            save(off);
        }
    }

    /** What one of several is called: its name, which the launcher also makes the end of its pid. */
    private static String instance(ConfigurationEvent event, Map<String, Object> properties) {
        if (event.getFactoryPid() == null) {
            return "";
        }
        return properties.get("name") instanceof String name
                ? name
                : event.getPid().substring(event.getPid().indexOf('~') + 1);
    }

    private void save(Map<String, Object> changed) throws IOException {
        if (file.isEmpty()) {
            LOG.warn("changed keys={}; they are not kept, since there is no configuration file", changed.keySet());
            return;
        }
        new ConfigurationFile(file.get()).put(changed);
        LOG.info("changed keys={} file={}", changed.keySet(), file.get());
    }

    private Map<String, Object> properties(ConfigurationEvent event) throws IOException, InvalidSyntaxException {
        Map<String, Object> found = new HashMap<>();
        ConfigurationAdmin admin = context.getService(event.getReference());
        if (admin == null) {
            return found;
        }
        var configurations = admin.listConfigurations("(service.pid=" + event.getPid() + ")");
        if (configurations != null) {
            Dictionary<String, Object> properties = configurations[0].getProperties();
            properties.keys().asIterator().forEachRemaining(name -> found.put(name, properties.get(name)));
        }
        return found;
    }

    /** Whether this is what the component would have without being told. */
    private static boolean standard(Key key, @org.jspecify.annotations.Nullable Object value) {
        if (value != null && value.getClass().isArray()) {
            return Array.getLength(value) == 0 && key.standard() == null;
        }
        String text = value == null ? "" : String.valueOf(value);
        return text.equals(key.standard() == null ? "" : key.standard());
    }
}
