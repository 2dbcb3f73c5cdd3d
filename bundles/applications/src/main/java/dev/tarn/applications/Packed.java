// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The classes in an application's jars, and which of them are its own: those that are compiled against interfaces of the
 * server, and what these lead to in their packages and below. What its own classes need has to be there; the others are
 * libraries that were packed into the jar, which may do without (decision 0205). For one thread.
 */
final class Packed {

    private static final Logger LOG = LoggerFactory.getLogger(Packed.class);

    /** So many names are in the warning. */
    private static final int NAMED = 5;

    private final JarLoader loader;

    /** Files of classes, by name. */
    private final Map<String, ClassFile> files = new TreeMap<>();

    /** Why a class of the jars cannot be used, by its name. */
    private final Map<String, String> unusable = new TreeMap<>();

    private final Set<String> own;

    /** Why a class that is named somewhere cannot be used, by its name; empty for those that can. */
    private final Map<String, Optional<String>> looked = new HashMap<>();

    private Packed(JarLoader loader) throws IOException {
        this.loader = loader;
        for (String name : loader.names()) {
            try {
                files.put(name, loader.file(name));
            } catch (IOException wrong) {
                unusable.put(name, String.valueOf(wrong.getMessage()));
            }
        }
        this.own = own();
    }

    /** What is in the jars of an application. */
    static Packed in(JarLoader loader) throws IOException {
        return new Packed(loader);
    }

    /** The names of all classes, in their order. */
    List<String> names() {
        Set<String> names = new TreeSet<>(files.keySet());
        names.addAll(unusable.keySet());
        return List.copyOf(names);
    }

    /** A class; empty when it cannot be used. */
    Optional<Class<?>> load(String name) {
        try {
            return Optional.of(Class.forName(name, false, loader));
        } catch (ClassNotFoundException | LinkageError wrong) {
            unusable.put(name, wrong.toString());
            return Optional.empty();
        }
    }

    private Set<String> own() {
        Set<String> packages = new TreeSet<>();
        Deque<String> left = new ArrayDeque<>();
        files.forEach((name, file) -> {
            if (file.ours()) {
                packages.add(folder(name));
                left.add(name);
            }
        });
        Set<String> reached = new TreeSet<>(left);
        while (!left.isEmpty()) {
            ClassFile file = files.get(left.remove());
            if (file != null) {
                for (String used : file.uses()) {
                    if (files.containsKey(used) && below(packages, used) && reached.add(used)) {
                        left.add(used);
                    }
                }
            }
        }
        return reached;
    }

    private static String folder(String name) {
        return name.substring(0, name.lastIndexOf('.') + 1);
    }

    private static boolean below(Set<String> packages, String name) {
        return packages.stream().anyMatch(each -> each.isEmpty() ? folder(name).isEmpty() : name.startsWith(each));
    }

    /** What the application's own classes need and is not there, or cannot be used. */
    List<String> problems() {
        List<String> problems = new ArrayList<>();
        for (String name : own) {
            ClassFile file = files.get(name);
            int before = problems.size();
            for (String used : file == null ? Set.<String>of() : file.uses()) {
                String why = why(used);
                if (file != null && !why.isEmpty()) {
                    problems.add(file.place(used) + ": " + why);
                }
            }
            String broken = unusable.get(name);
            if (broken != null && problems.size() == before) {
                problems.add(path(name) + ": " + broken);
            }
        }
        // Whose a class is that cannot be read, nobody knows.
        unusable.forEach((name, wrong) -> {
            if (!files.containsKey(name)) {
                problems.add(path(name) + ": " + wrong);
            }
        });
        return problems;
    }

    private static String path(String name) {
        return name.replace('.', '/') + ".class";
    }

    /** Tells the log what libraries lack that were packed into the jar. */
    void warn(String application) {
        Set<String> missing = new TreeSet<>();
        files.forEach((name, file) -> {
            if (!own.contains(name)) {
                file.uses().stream().filter(used -> !why(used).isEmpty()).forEach(missing::add);
            }
        });
        if (!missing.isEmpty()) {
            LOG.warn(
                    "application={} libraries in its jar are compiled against {} classes that are not there: {}{}",
                    application,
                    missing.size(),
                    String.join(", ", missing.stream().limit(NAMED).toList()),
                    missing.size() > NAMED ? ", …" : "");
        }
    }

    /** Why a class cannot be used; empty when it can. */
    private String why(String name) {
        return looked.computeIfAbsent(name, this::look).orElse("");
    }

    private Optional<String> look(String name) {
        try {
            Class.forName(name, false, loader);
            return Optional.empty();
        } catch (ClassNotFoundException none) {
            return Optional.of("there is no class " + name + ", neither in the application's jars nor in lib/");
        } catch (LinkageError wrong) {
            return Optional.of("class " + name + " cannot be used: " + wrong);
        }
    }
}
