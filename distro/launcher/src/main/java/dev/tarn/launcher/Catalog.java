// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Every key that may be configured: the launcher's own and those that the bundles describe. A section is named after the
 * configuration it becomes; that of a stream protocol also has the keys of its listener. For one thread.
 */
final class Catalog {
    /** The factory whose instances are sockets that listen; the transport bundle describes it. */
    static final String LISTENER = "dev.tarn.listener";

    /** What the section of a listener's encrypted sibling ends with. */
    static final String TLS = ".tls";

    /** The launcher's own keys are told from a component's by this. */
    static final String OWN = "";

    /** Ports of the listeners that are there unless they are switched off. */
    private static final Map<String, String> STANDARD_PORTS =
            Map.of("http", "9926", "mqtt", "1883", "amqp", "5672", "admin", "9925");

    /** Listeners without which a node is none; others have their standard port if nobody else has it. */
    static final Set<String> ESSENTIAL = Set.of("http", "mqtt", "admin");

    /** Sections of bundles that may be left out of an image: naming them without the bundle is not a slip. */
    private static final Set<String> OPTIONAL =
            Set.of("admin", "amqp", "cluster", "console", "mqtt", "operations", "scripting", "sse", "websocket");

    /**
     * What one component takes from a section.
     *
     * @param pid its configuration; of the factory when {@code instance} is not empty
     * @param instance the name of this one of several, or empty
     */
    record Part(String pid, String instance, Map<String, Key> keys) {}

    private final Map<String, List<Part>> sections = new TreeMap<>();
    private final Map<String, Metatype> factories = new TreeMap<>();
    private final Set<String> listeners = new TreeSet<>(Set.of("http"));
    private final Map<String, String> ports = new TreeMap<>(STANDARD_PORTS);

    Catalog() {
        own("data", Key.text("directory", "data", Set.of(), "where everything is kept; relative to Tarn's own folder"));
        own("deploy", Key.text("directory", "deploy", Set.of(), "folder of bundles and applications to run, watched"));
        own("log", Key.text("level", "info", Set.of("error", "warn", "info", "debug", "trace"), "least weight to log"));
    }

    private void own(String section, Key key) {
        sections.put(section, List.of(new Part(OWN, "", Map.of(key.name(), key))));
    }

    /** Adds what a bundle describes. */
    void add(Described bundle) {
        if (bundle.speaks() && !bundle.symbolicName().equals("dev.tarn.transport")) {
            listeners.add(bundle.listenerName());
            bundle.port().ifPresent(port -> ports.putIfAbsent(bundle.listenerName(), port));
        }
        for (Metatype metatype : bundle.metatypes()) {
            String section = bundle.section(metatype.pid());
            if (metatype.factory()) {
                factories.put(section, metatype);
            } else {
                part(section, new Part(metatype.pid(), "", byName(metatype)));
            }
        }
        for (Metatype factory : factories.values()) {
            if (factory.pid().equals(LISTENER)) {
                for (String name : listeners) {
                    part(name, new Part(LISTENER, name, byName(factory)));
                    part(name + TLS, new Part(LISTENER, name + TLS, encrypted(factory)));
                }
            }
        }
    }

    private void part(String section, Part part) {
        List<Part> parts = new ArrayList<>();
        Map<String, Key> keys = new LinkedHashMap<>();
        for (Part known : sections.getOrDefault(section, List.of())) {
            if (known.pid().equals(part.pid()) && known.instance().equals(part.instance())) {
                keys.putAll(known.keys());
            } else {
                parts.add(known);
            }
        }
        keys.putAll(part.keys());
        parts.add(new Part(part.pid(), part.instance(), keys));
        sections.put(section, parts);
    }

    private static Map<String, Key> byName(Metatype metatype) {
        Map<String, Key> keys = new LinkedHashMap<>();
        metatype.keys().stream()
                // One of several is called after its section.
                .filter(key -> !metatype.factory() || !key.name().equals("name"))
                .forEach(key -> keys.put(key.name(), key));
        return keys;
    }

    /** Without what is asked of listeners of plain bytes alone. */
    private static Map<String, Key> encrypted(Metatype listener) {
        Map<String, Key> keys = byName(listener);
        keys.remove("detectTls");
        return keys;
    }

    /** The names of the listeners that installed protocols have. */
    Set<String> listeners() {
        return Set.copyOf(listeners);
    }

    /** The port of a listener that nobody has configured; empty when it then has none. */
    Optional<String> port(String listener) {
        return Optional.ofNullable(ports.get(listener));
    }

    /** All sections with their parts, in alphabetical order. */
    Map<String, List<Part>> sections() {
        return sections;
    }

    /** Who takes this key, and under which name; empty when nobody knows it. */
    Map<Part, Key> takers(String key) {
        Map<Part, Key> takers = new LinkedHashMap<>();
        for (int dot = key.lastIndexOf('.'); dot > 0 && takers.isEmpty(); dot = key.lastIndexOf('.', dot - 1)) {
            String name = key.substring(dot + 1);
            for (Part part : parts(key.substring(0, dot))) {
                Key found = part.keys().get(name);
                if (found != null) {
                    takers.put(part, found);
                }
            }
        }
        return takers;
    }

    private Collection<Part> parts(String section) {
        List<Part> parts = sections.getOrDefault(section, List.of());
        int dot = section.lastIndexOf('.');
        Metatype factory = dot < 0 ? null : factories.get(section.substring(0, dot));
        return !parts.isEmpty() || factory == null
                ? parts
                : List.of(new Part(factory.pid(), section.substring(dot + 1), byName(factory)));
    }

    /** Whether any bundle here reads keys that begin with this word. */
    boolean knows(String firstWord) {
        return sections.containsKey(firstWord)
                || factories.containsKey(firstWord)
                || sections.keySet().stream().anyMatch(section -> section.startsWith(firstWord + "."));
    }

    /** Whether a section that nobody reads may be there because its bundle is not installed. */
    boolean mayBeAbsent(String firstWord) {
        return OPTIONAL.contains(firstWord)
                || Nearest.to(firstWord, sections.keySet()).isEmpty();
    }

    /** Whether this is the section of one of Tarn's own bundles that may be left out. */
    boolean optional(String firstWord) {
        return OPTIONAL.contains(firstWord);
    }

    /** Every key by its full name. */
    Set<String> keys() {
        return sections.entrySet().stream()
                .flatMap(section -> section.getValue().stream()
                        .flatMap(part -> part.keys().keySet().stream())
                        .map(key -> section.getKey() + "." + key))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
