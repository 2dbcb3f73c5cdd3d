// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import dev.tarn.applications.Settings.Located;
import dev.tarn.applications.Settings.Pages;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** Reads an application's config.yaml, in Harper's words. For one thread. */
final class ConfigFile {

    static final String NAME = "config.yaml";

    /** What Harper knows and a bundle of its own would bring. */
    private static final Map<String, String> ELSEWHERE = Map.of(
            "jsResource", "JavaScript resources need the scripting bundle",
            "fastifyRoutes", "Fastify routes need Node.js",
            "loadEnv", "environment files are for JavaScript resources, which need the scripting bundle",
            "graphql", "the /graphql endpoint is not there; use the resources themselves",
            "authentication", "authentication is the server's own, see conf/tarn.yaml");

    private static final Set<String> STATIC =
            new LinkedHashSet<>(List.of("files", "root", "urlPath", "path", "index", "extensions"));

    private static final Set<String> STATIC_IGNORED = Set.of("fallthrough", "notFound", "timeout", "before", "after");

    private final Findings findings;
    private final Set<String> understood;

    private ConfigFile(Findings findings, Set<String> understood) {
        this.findings = findings;
        this.understood = understood;
    }

    /**
     * The settings in this text; what is wrong goes to the findings.
     *
     * @param understood sections that a language reads for itself
     */
    static Settings read(String application, String text, Findings findings, Set<String> understood) {
        Optional<Node> root;
        try {
            root = compose(NAME, text);
        } catch (MarkedYamlEngineException unreadable) {
            int line =
                    unreadable.getProblemMark().map(mark -> mark.getLine() + 1).orElse(0);
            findings.refuse(NAME, line, "not YAML: " + oneLine(unreadable.getProblem()));
            return Settings.DEFAULT;
        } catch (YamlEngineException | StackOverflowError unreadable) {
            findings.refuse(NAME, 0, "not YAML: " + oneLine(String.valueOf(unreadable.getMessage())));
            return Settings.DEFAULT;
        }
        return root.isEmpty()
                ? Settings.DEFAULT
                : new ConfigFile(findings, understood).settings(application, root.get());
    }

    /** The settings as they are, for languages; empty where they cannot be read, which {@link #read} tells. */
    static Map<String, Object> plain(String text) {
        LoadSettings limits = LoadSettings.builder()
                .setLabel(NAME)
                .setAllowRecursiveKeys(false)
                .setMaxAliasesForCollections(16)
                .setCodePointLimit(256 * 1024)
                .build();
        Map<String, Object> plain = new LinkedHashMap<>();
        try {
            if (new Load(limits).loadFromString(text) instanceof Map<?, ?> sections) {
                sections.forEach((key, value) -> plain.put(String.valueOf(key), value == null ? Map.of() : value));
            }
        } catch (YamlEngineException | StackOverflowError unreadable) {
            return Map.of();
        }
        return plain;
    }

    /**
     * Parses YAML that nobody has to be trusted with.
     *
     * @throws YamlEngineException when it is none, or goes beyond what any such file needs
     */
    static Optional<Node> compose(String file, String text) {
        LoadSettings limits = LoadSettings.builder()
                .setLabel(file)
                .setAllowDuplicateKeys(false)
                .setAllowRecursiveKeys(false)
                .setMaxAliasesForCollections(16)
                .setCodePointLimit(256 * 1024)
                .build();
        return new Compose(limits).composeString(text);
    }

    static String oneLine(String text) {
        return text.replaceAll("\\s+", " ").strip();
    }

    private Settings settings(String application, Node root) {
        if (!(root instanceof MappingNode)) {
            findings.refuse(NAME, line(root), "expected sections such as 'graphqlSchema:' and 'static:'");
            return Settings.DEFAULT;
        }
        List<Located> schemas = List.of();
        List<Located> roles = List.of();
        List<Located> data = List.of();
        Pages pages = null;
        for (Map.Entry<String, NodeTuple> section : section(root).entrySet()) {
            String key = section.getKey();
            Node value = section.getValue().getValueNode();
            int line = line(section.getValue().getKeyNode());
            switch (key) {
                case "graphqlSchema" -> schemas = files(key, value, line, "schema.graphql");
                case "dataLoader" -> data = files(key, value, line, "data/*.json");
                case "roles" -> roles = files(key, value, line, "roles.yaml");
                case "static" -> pages = pages(application, value, line);
                case "rest" -> rest(value);
                default -> other(key, value, line);
            }
        }
        return new Settings(schemas, roles, data, pages);
    }

    private void other(String key, Node value, int line) {
        if (understood.contains(key)) {
            return;
        }
        String reason = ELSEWHERE.get(key);
        if (reason != null) {
            findings.warn(NAME, line, "'" + key + "' is passed over: " + reason);
        } else if (value instanceof MappingNode && section(value).containsKey("package")) {
            findings.warn(NAME, line, "'" + key + "' is passed over: npm packages are not loaded");
        } else {
            Set<String> known = new LinkedHashSet<>(List.of("graphqlSchema", "roles", "dataLoader", "static", "rest"));
            known.addAll(ELSEWHERE.keySet());
            findings.refuse(NAME, line, "'" + key + "' is not known" + Nearest.hint(key, known));
        }
    }

    private List<Located> files(String section, Node value, int line, String example) {
        List<Located> files = List.of();
        for (Map.Entry<String, NodeTuple> entry : section(value).entrySet()) {
            Node node = entry.getValue().getValueNode();
            switch (entry.getKey()) {
                case "files", "path" -> files = globs(node);
                default ->
                    findings.refuse(
                            NAME,
                            line(entry.getValue().getKeyNode()),
                            "'" + entry.getKey() + "' is not known in " + section
                                    + Nearest.hint(entry.getKey(), List.of("files")));
            }
        }
        if (files.isEmpty() && !findings.refused()) {
            findings.refuse(NAME, line, section + " needs 'files', such as 'files: " + example + "'");
        }
        return files;
    }

    private @Nullable Pages pages(String application, Node value, int line) {
        Map<String, NodeTuple> section = section(value);
        for (Map.Entry<String, NodeTuple> entry : section.entrySet()) {
            int at = line(entry.getValue().getKeyNode());
            if (STATIC_IGNORED.contains(entry.getKey())) {
                findings.warn(NAME, at, "'" + entry.getKey() + "' of static is passed over: it is not supported yet");
            } else if (!STATIC.contains(entry.getKey())) {
                findings.refuse(
                        NAME,
                        at,
                        "'" + entry.getKey() + "' is not known in static" + Nearest.hint(entry.getKey(), STATIC));
            }
        }
        List<Located> files = section.containsKey("files") ? globs(node(section, "files")) : List.of();
        if (section.containsKey("root")) {
            files = underRoot(node(section, "root"), files);
        }
        if (files.isEmpty()) {
            if (!findings.refused()) {
                findings.refuse(NAME, line, "static needs 'files', such as 'files: web/**'");
            }
            return null;
        }
        boolean index = !section.containsKey("index") || truth(node(section, "index"), "index");
        List<String> extensions = section.containsKey("extensions") ? texts(node(section, "extensions")) : List.of();
        String key = section.containsKey("urlPath") ? "urlPath" : "path";
        String prefix = section.containsKey(key) ? prefix(application, node(section, key)) : "/";
        return new Pages(files, prefix, index, extensions);
    }

    /** Older files name a folder as {@code root} and patterns below it. */
    private List<Located> underRoot(Node root, List<Located> files) {
        String folder = text(root, "root");
        if (folder == null) {
            return List.of();
        }
        String trimmed = folder.endsWith("/") ? folder.substring(0, folder.length() - 1) : folder;
        List<Located> under = new ArrayList<>();
        if (files.isEmpty()) {
            glob(trimmed + "/**", line(root)).ifPresent(under::add);
        }
        for (Located file : files) {
            String pattern = file.glob().toString();
            String full = pattern.startsWith(trimmed + "/") ? pattern : trimmed + "/" + pattern;
            glob(full, file.line()).ifPresent(under::add);
        }
        return under;
    }

    /** {@code urlPath}: relative to the server, or with {@code ./} to the application's name. */
    private String prefix(String application, Node node) {
        String written = text(node, "urlPath");
        if (written == null) {
            return "/";
        }
        if (written.contains("..")) {
            findings.refuse(NAME, line(node), "urlPath has no '..'");
            return "/";
        }
        String path = written.equals(".")
                ? application
                : written.startsWith("./") ? application + written.substring(1) : written;
        StringBuilder prefix = new StringBuilder("/");
        for (String segment : path.split("/")) {
            if (!segment.isEmpty()) {
                prefix.append(segment).append('/');
            }
        }
        return prefix.toString();
    }

    /** {@code rest: true}, or options that change nothing here. */
    private void rest(Node node) {
        if (node instanceof MappingNode) {
            section(node)
                    .forEach((key, entry) ->
                            findings.warn(NAME, line(entry.getKeyNode()), "'" + key + "' of rest is passed over"));
        } else if (!truth(node, "rest")) {
            findings.refuse(
                    NAME,
                    line(node),
                    "HTTP cannot be turned off for an application; remove @export from types that must not be reached");
        }
    }

    private List<Located> globs(Node node) {
        List<Located> globs = new ArrayList<>();
        if (node instanceof SequenceNode sequence) {
            for (Node element : sequence.getValue()) {
                String text = text(element, "files");
                if (text != null) {
                    glob(text, line(element)).ifPresent(globs::add);
                }
            }
        } else {
            String text = text(node, "files");
            if (text != null) {
                glob(text, line(node)).ifPresent(globs::add);
            }
        }
        return globs;
    }

    private Optional<Located> glob(String text, int line) {
        try {
            return Optional.of(new Located(Glob.of(text), line));
        } catch (IllegalArgumentException unreadable) {
            findings.refuse(NAME, line, String.valueOf(unreadable.getMessage()));
            return Optional.empty();
        }
    }

    private List<String> texts(Node node) {
        List<String> texts = new ArrayList<>();
        for (Node element : node instanceof SequenceNode sequence ? sequence.getValue() : List.of(node)) {
            String text = text(element, "extensions");
            if (text != null) {
                texts.add(text.startsWith(".") ? text.substring(1) : text);
            }
        }
        return texts;
    }

    private @Nullable String text(Node node, String key) {
        if (node instanceof ScalarNode scalar && !scalar.getTag().equals(Tag.NULL)) {
            return scalar.getValue();
        }
        findings.refuse(NAME, line(node), "'" + key + "' must be text");
        return null;
    }

    private boolean truth(Node node, String key) {
        if (node instanceof ScalarNode scalar && scalar.getTag().equals(Tag.BOOL)) {
            return Boolean.parseBoolean(scalar.getValue());
        }
        findings.refuse(NAME, line(node), "'" + key + "' must be true or false");
        return true;
    }

    /** Keys and values of a mapping, in order; anything else is refused. */
    private Map<String, NodeTuple> section(Node node) {
        Map<String, NodeTuple> section = new LinkedHashMap<>();
        if (node instanceof MappingNode mapping) {
            for (NodeTuple entry : mapping.getValue()) {
                if (entry.getKeyNode() instanceof ScalarNode key) {
                    if (section.put(key.getValue(), entry) != null) {
                        findings.refuse(NAME, line(key), "'" + key.getValue() + "' is there twice");
                    }
                } else {
                    findings.refuse(NAME, line(entry.getKeyNode()), "a key must be text");
                }
            }
        } else {
            findings.refuse(NAME, line(node), "expected 'key: value' lines");
        }
        return section;
    }

    private static Node node(Map<String, NodeTuple> section, String key) {
        return java.util.Objects.requireNonNull(section.get(key)).getValueNode();
    }

    private static int line(Node node) {
        return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(0);
    }
}
