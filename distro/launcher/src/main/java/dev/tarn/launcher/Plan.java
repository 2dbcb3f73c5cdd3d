// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import dev.tarn.launcher.Catalog.Part;
import dev.tarn.launcher.Settings.Setting;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The settings, checked against the catalog: one configuration for each component.
 *
 * @param configurations what components get; listeners that are switched off are not among them
 * @param errors what is wrong, one line each
 * @param warnings what will be ignored, one line each
 * @param unheard protocols that no listener serves, since nobody gave them a port
 */
record Plan(List<Configuration> configurations, List<String> errors, List<String> warnings, Set<String> unheard) {

    /** The word that switches a listener off. */
    static final String OFF = "off";

    /**
     * One component's configuration.
     *
     * @param instance the name of one of a factory's; empty when there is no factory
     */
    record Configuration(String pid, String instance, Map<String, Object> properties) {
        boolean listener() {
            return pid.equals(Catalog.LISTENER);
        }

        /** The protocols that this listener serves: those it names, else the one of its name. */
        List<String> protocols() {
            return properties.get("protocols") instanceof String[] named && named.length > 0
                    ? List.of(named)
                    : List.of(
                            instance.endsWith(Catalog.TLS)
                                    ? instance.substring(0, instance.length() - Catalog.TLS.length())
                                    : instance);
        }

        String host() {
            return String.valueOf(properties.getOrDefault("host", "127.0.0.1"));
        }
    }

    /**
     * Checks settings.
     *
     * @param given what the launcher itself tells components, by full key; nobody else may set these
     */
    static Plan of(Catalog catalog, Settings settings, Map<String, String> given) {
        Draft draft = new Draft(catalog);
        settings.all().forEach(setting -> {
            if (given.containsKey(setting.key())) {
                draft.errors.add(setting.origin() + ": '" + setting.key()
                        + "' is not for configuration; set data.directory" + " or use another command");
            } else {
                draft.take(setting);
            }
        });
        given.forEach((key, value) -> draft.give(key, value));
        draft.standard(settings);
        return new Plan(
                List.copyOf(draft.byName.values()),
                draft.errors,
                List.copyOf(draft.warnings),
                Set.copyOf(draft.unheard));
    }

    /** Whether passwords may cross a network unencrypted. */
    boolean plaintext() {
        return configurations.stream()
                .anyMatch(each -> each.pid().equals("dev.tarn.security")
                        && Boolean.TRUE.equals(each.properties().get("plaintext")));
    }

    /** A plan in the making. */
    private static final class Draft {
        final Catalog catalog;
        final List<String> errors = new ArrayList<>();
        final Set<String> warnings = new LinkedHashSet<>();
        final Map<String, Configuration> byName = new LinkedHashMap<>();
        final Set<String> off = new TreeSet<>();
        final Set<String> unheard = new TreeSet<>();

        Draft(Catalog catalog) {
            this.catalog = catalog;
        }

        void take(Setting setting) {
            Map<Part, Key> takers = catalog.takers(setting.key());
            if (takers.isEmpty()) {
                unknown(setting);
                return;
            }
            takers.forEach((part, key) -> {
                if (part.pid().equals(Catalog.LISTENER)
                        && key.name().equals("port")
                        && setting.words().equals(List.of(OFF))) {
                    off.add(part.instance());
                    return;
                }
                boolean secret = setting.words().stream().anyMatch(Secret::is);
                try {
                    List<String> words = key.many() && !setting.fromFile()
                            ? List.of(setting.words().get(0).split(",", -1))
                            : setting.words();
                    List<String> said = words.stream().map(Secret::of).toList();
                    Object value = key.value(said);
                    // What stands for a secret text stays what it is on its way: see KeptSecrets.
                    put(part, key, secret && key.plainText() ? key.value(words) : value);
                } catch (Refusal absent) {
                    errors.add(setting.origin() + ": '" + setting.key() + "' " + absent.line());
                } catch (IllegalArgumentException wrong) {
                    // What a secret is must not be told, not even when it is of no use.
                    String why = secret ? "does not take what the secret says" : wrong.getMessage();
                    errors.add(setting.origin() + ": '" + setting.key() + "' " + why);
                }
            });
        }

        private void unknown(Setting setting) {
            String first = setting.key().contains(".")
                    ? setting.key().substring(0, setting.key().indexOf('.'))
                    : setting.key();
            boolean section = setting.key().length() > first.length();
            boolean absent = setting.fromFile() ? catalog.mayBeAbsent(first) : catalog.optional(first);
            if (section && !catalog.knows(first) && absent) {
                warnings.add("section '" + first + "' is ignored: no bundle that reads it is installed");
                return;
            }
            String nearest = Nearest.any(setting.key(), catalog.keys()).orElse("none");
            errors.add(setting.origin() + ": unknown key '" + setting.key() + "', the nearest known one is '" + nearest
                    + "'");
        }

        void give(String name, String value) {
            catalog.takers(name).forEach((part, key) -> put(part, key, key.value(List.of(value))));
        }

        /** What the launcher needs itself is no component's configuration. */
        private void put(Part part, Key key, Object value) {
            if (!part.pid().equals(Catalog.OWN)) {
                configuration(part).properties().put(key.name(), value);
            }
        }

        /** Adds the listeners that are there unless they are switched off. */
        void standard(Settings settings) {
            for (String name : catalog.listeners()) {
                if (settings.get(name + ".port").isEmpty()) {
                    catalog.port(name).ifPresent(port -> give(name + ".port", port));
                    if (!Catalog.ESSENTIAL.contains(name)
                            && settings.get(name + ".optional").isEmpty()) {
                        give(name + ".optional", "true");
                    }
                }
            }
            off.forEach(name -> byName.remove(name(Catalog.LISTENER, name)));
            byName.values()
                    .removeIf(each -> each.listener() && !each.properties().containsKey("port"));
            Set<String> heard = new TreeSet<>(off);
            byName.values().stream().filter(Configuration::listener).forEach(each -> heard.addAll(each.protocols()));
            catalog.listeners().stream().filter(name -> !heard.contains(name)).forEach(unheard::add);
        }

        private Configuration configuration(Part part) {
            return byName.computeIfAbsent(name(part.pid(), part.instance()), name -> {
                Map<String, Object> properties = new LinkedHashMap<>();
                if (!part.instance().isEmpty()) {
                    properties.put("name", part.instance());
                }
                return new Configuration(part.pid(), part.instance(), properties);
            });
        }

        private static String name(String pid, String instance) {
            return pid + "~" + instance;
        }
    }

    /** What to tell of a protocol that is {@link #unheard}. */
    static String portless(String protocol) {
        return "protocol " + protocol + " cannot be reached: set " + protocol
                + ".port in the configuration file (0 takes a free one, off keeps it closed), then deploy it again or restart";
    }

    /** A value of the launcher's own keys, or its default. */
    static String own(Catalog catalog, Settings settings, String name) {
        Map.Entry<Part, Key> taker = catalog.takers(name).entrySet().iterator().next();
        return settings.get(name)
                .map(setting -> setting.words().get(0))
                .orElseGet(() -> String.valueOf(taker.getValue().standard()));
    }
}
