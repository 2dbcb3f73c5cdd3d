// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import dev.tarn.api.application.Sources;
import dev.tarn.api.data.Table;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What an application's folder has for its scripts: sections {@code jsResource} and {@code loadEnv} of config.yaml, or what
 * holds without it.
 *
 * @param modules the files whose exports are resources
 * @param environment what scripts see of an environment
 * @param network where they may send requests to: origins such as {@code https://example.org}, or {@code *}
 * @param own whether they reach other tables with rights of their own, and not with those of their callers
 */
record Bundle(
        Sources sources, List<String> modules, Map<String, String> environment, List<String> network, boolean own) {

    static final String SCRIPTS = "jsResource";
    static final String ENVIRONMENT = "loadEnv";

    private static final String CONFIG = "config.yaml";
    private static final String DEFAULT = "resources.js";
    private static final String RIGHTS = "rights";
    private static final String CALLER = "caller";
    private static final String OWN = "application";

    private static final Pattern LINE = Pattern.compile(
            "\\s*(?:export\\s+)?([A-Za-z_][A-Za-z0-9_.]*)\\s*=\\s*(?:\"([^\"]*)\"|'([^']*)'|([^#]*))(?:#.*)?");

    Bundle {
        modules = List.copyOf(modules);
        environment = Map.copyOf(environment);
        network = List.copyOf(network);
    }

    String application() {
        return sources.application();
    }

    List<Table> tables() {
        return sources.tables();
    }

    /** Whether there are scripts. */
    static boolean isOne(Sources sources) {
        return sources.settings().isEmpty()
                ? sources.files().contains(DEFAULT)
                : sources.settings().containsKey(SCRIPTS);
    }

    /**
     * Reads what the folder says.
     *
     * @throws dev.tarn.api.data.Failure INVALID with what is wrong where
     */
    static Bundle of(Sources sources) throws IOException {
        List<Flaw> flaws = new ArrayList<>();
        Map<?, ?> scripts = section(sources, SCRIPTS, Set.of("files", "path", "network", RIGHTS), flaws);
        Map<?, ?> loaded = section(sources, ENVIRONMENT, Set.of("files", "path", "override"), flaws);
        List<String> modules = sources.settings().isEmpty()
                ? List.of(DEFAULT)
                : matching(
                        sources,
                        texts(scripts.containsKey("files") ? scripts.get("files") : scripts.get("path")),
                        flaws);
        for (String module : modules) {
            if (!module.endsWith(".js") && !module.endsWith(".mjs")) {
                flaws.add(new Flaw(module, 0, "is no JavaScript module; TypeScript and CommonJS are not read"));
            }
        }
        Map<String, String> environment = new LinkedHashMap<>();
        for (String name : texts(loaded.containsKey("files") ? loaded.get("files") : loaded.get("path"))) {
            environment(sources, name, environment, flaws);
        }
        Object rights = scripts.containsKey(RIGHTS) ? scripts.get(RIGHTS) : CALLER;
        if (!OWN.equals(rights) && !CALLER.equals(rights)) {
            flaws.add(new Flaw(CONFIG, 0, "'rights' of " + SCRIPTS + " is '" + CALLER + "' or '" + OWN + "'"));
        }
        if (!flaws.isEmpty()) {
            throw Flaw.refusal(flaws);
        }
        return new Bundle(sources, modules, environment, texts(scripts.get("network")), OWN.equals(rights));
    }

    private static Map<?, ?> section(Sources sources, String name, Set<String> known, List<Flaw> flaws) {
        Object section = sources.settings().get(name);
        if (section == null) {
            return Map.of();
        }
        if (!(section instanceof Map<?, ?> map)) {
            flaws.add(new Flaw(CONFIG, 0, name + " needs 'files', such as 'files: " + DEFAULT + "'"));
            return Map.of();
        }
        for (Object key : map.keySet()) {
            if (!known.contains(String.valueOf(key))) {
                flaws.add(new Flaw(
                        CONFIG, 0, "'" + key + "' is not known in " + name + ", only " + new TreeSet<>(known)));
            }
        }
        return map;
    }

    private static List<String> texts(@Nullable Object value) {
        List<String> texts = new ArrayList<>();
        if (value instanceof List<?> list) {
            list.forEach(element -> texts.add(String.valueOf(element)));
        } else if (value != null) {
            texts.add(String.valueOf(value));
        }
        return texts;
    }

    private static List<String> matching(Sources sources, List<String> patterns, List<Flaw> flaws) {
        Set<String> found = new TreeSet<>();
        for (String pattern : patterns) {
            String trimmed = pattern.startsWith("./") ? pattern.substring(2) : pattern;
            PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + trimmed);
            List<String> matched = sources.files().stream()
                    .filter(file -> file.equals(trimmed) || matcher.matches(Path.of(file)))
                    .toList();
            if (matched.isEmpty()) {
                flaws.add(new Flaw(CONFIG, 0, "no file matches '" + pattern + "' of " + SCRIPTS));
            }
            found.addAll(matched);
        }
        if (patterns.isEmpty()) {
            flaws.add(new Flaw(CONFIG, 0, SCRIPTS + " needs 'files', such as 'files: " + DEFAULT + "'"));
        }
        return List.copyOf(found);
    }

    private static void environment(Sources sources, String name, Map<String, String> environment, List<Flaw> flaws)
            throws IOException {
        Path file = sources.root().resolve(name).normalize();
        if (!Files.isRegularFile(file)
                || !file.toRealPath().startsWith(sources.root().toRealPath())) {
            flaws.add(new Flaw(CONFIG, 0, "no file '" + name + "' of " + ENVIRONMENT));
            return;
        }
        int number = 0;
        for (String line : Files.readAllLines(file.toRealPath(), StandardCharsets.UTF_8)) {
            number++;
            Matcher matcher = LINE.matcher(line);
            if (matcher.matches()) {
                String quoted = matcher.group(2) != null ? matcher.group(2) : matcher.group(3);
                environment.put(
                        matcher.group(1),
                        quoted != null ? quoted : matcher.group(4).strip());
            } else if (!line.isBlank() && !line.strip().startsWith("#")) {
                flaws.add(new Flaw(name, number, "expected NAME=value"));
            }
        }
    }
}
