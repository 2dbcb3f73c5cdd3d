// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * Reads the roles of an application, in Harper's words: a role has databases, a database tables, a table {@code read}, {@code
 * insert}, {@code update}, {@code delete} and {@code attributes}. Beside them are our own {@code rows}, {@code publish}, {@code
 * subscribe} and {@code operations}. For one thread.
 */
final class RolesFile {

    private static final Set<String> OWN = Set.of("publish", "subscribe", "operations");
    private static final Set<String> VERBS = Set.of("read", "insert", "update", "delete");
    private static final Set<String> KINDS = Set.of("super_user", "cluster_user", "structure_user");

    private final String file;
    private final Findings findings;

    private RolesFile(String file, Findings findings) {
        this.file = file;
        this.findings = findings;
    }

    /** The roles in this text, as objects of {@code system.roles}; what is wrong goes to the findings. */
    static List<Map<String, Object>> read(String file, String text, Findings findings) {
        Optional<Node> root;
        try {
            root = ConfigFile.compose(file, text);
        } catch (MarkedYamlEngineException unreadable) {
            int line =
                    unreadable.getProblemMark().map(mark -> mark.getLine() + 1).orElse(0);
            findings.refuse(file, line, "not YAML: " + ConfigFile.oneLine(unreadable.getProblem()));
            return List.of();
        } catch (YamlEngineException | StackOverflowError unreadable) {
            findings.refuse(file, 0, "not YAML: " + ConfigFile.oneLine(String.valueOf(unreadable.getMessage())));
            return List.of();
        }
        return root.isEmpty() ? List.of() : new RolesFile(file, findings).roles(root.get());
    }

    private List<Map<String, Object>> roles(Node root) {
        List<Map<String, Object>> roles = new ArrayList<>();
        for (Map.Entry<String, NodeTuple> entry : section(root).entrySet()) {
            findings.declared(
                    "role " + entry.getKey(), file, line(entry.getValue().getKeyNode()));
            roles.add(role(entry.getKey(), entry.getValue().getValueNode()));
        }
        return roles;
    }

    private Map<String, Object> role(String name, Node node) {
        Map<String, Object> role = new LinkedHashMap<>();
        role.put("name", name);
        List<Object> tables = new ArrayList<>();
        for (Map.Entry<String, NodeTuple> entry : section(node).entrySet()) {
            String key = entry.getKey();
            Node value = entry.getValue().getValueNode();
            if (key.equals("super_user")) {
                role.put("administrator", truth(value, key));
            } else if (KINDS.contains(key)) {
                if (truth(value, key)) {
                    findings.warn(
                            file, line(value), "'" + key + "' is passed over: only super_user means something here");
                }
            } else if (OWN.contains(key)) {
                role.put(key, texts(value, key));
            } else {
                section(value).forEach((table, about) -> tables.add(table(key + "." + table, about.getValueNode())));
            }
        }
        role.put("tables", tables);
        return role;
    }

    private Map<String, Object> table(String name, Node node) {
        Map<String, Object> table = new LinkedHashMap<>();
        table.put("table", name);
        Map<String, NodeTuple> section = section(node);
        for (Map.Entry<String, NodeTuple> entry : section.entrySet()) {
            String key = entry.getKey();
            Node value = entry.getValue().getValueNode();
            if (VERBS.contains(key)) {
                table.put(key, truth(value, key));
            } else if (key.equals("rows")) {
                table.put(key, text(value, key));
            } else if (!key.equals("attributes")) {
                findings.refuse(
                        file,
                        line(entry.getValue().getKeyNode()),
                        "'" + key + "' is not known of a table"
                                + Nearest.hint(
                                        key, List.of("read", "insert", "update", "delete", "attributes", "rows")));
            }
        }
        NodeTuple attributes = section.get("attributes");
        if (attributes != null) {
            narrow(table, section(attributes.getValueNode()));
        }
        return table;
    }

    /** Where attributes are named, the others are out of reach; what the table does not allow no attribute does. */
    private void narrow(Map<String, Object> table, Map<String, NodeTuple> attributes) {
        Map<String, List<String>> named = new LinkedHashMap<>();
        for (Map.Entry<String, NodeTuple> entry : attributes.entrySet()) {
            for (Map.Entry<String, NodeTuple> verb :
                    section(entry.getValue().getValueNode()).entrySet()) {
                if (!VERBS.contains(verb.getKey())) {
                    findings.refuse(
                            file,
                            line(verb.getValue().getKeyNode()),
                            "'" + verb.getKey() + "' is not known of an attribute"
                                    + Nearest.hint(verb.getKey(), VERBS));
                } else if (truth(verb.getValue().getValueNode(), verb.getKey())) {
                    named.computeIfAbsent(verb.getKey(), first -> new ArrayList<>())
                            .add(entry.getKey());
                }
            }
        }
        for (String verb : List.of("read", "insert", "update")) {
            if (Boolean.TRUE.equals(table.get(verb))) {
                table.put(verb, named.getOrDefault(verb, List.of()));
            }
        }
    }

    private Map<String, NodeTuple> section(Node node) {
        Map<String, NodeTuple> section = new LinkedHashMap<>();
        if (node instanceof MappingNode mapping) {
            for (NodeTuple entry : mapping.getValue()) {
                if (entry.getKeyNode() instanceof ScalarNode key) {
                    section.put(key.getValue(), entry);
                } else {
                    findings.refuse(file, line(entry.getKeyNode()), "a key must be text");
                }
            }
        } else {
            findings.refuse(file, line(node), "expected 'key: value' lines");
        }
        return section;
    }

    private List<String> texts(Node node, String key) {
        List<String> texts = new ArrayList<>();
        for (Node element : node instanceof SequenceNode sequence ? sequence.getValue() : List.of(node)) {
            texts.add(text(element, key));
        }
        return texts;
    }

    private String text(@Nullable Node node, String key) {
        if (node instanceof ScalarNode scalar && !scalar.getTag().equals(Tag.NULL)) {
            return scalar.getValue();
        }
        findings.refuse(file, node == null ? 0 : line(node), "'" + key + "' must be text");
        return "";
    }

    private boolean truth(Node node, String key) {
        if (node instanceof ScalarNode scalar && scalar.getTag().equals(Tag.BOOL)) {
            return Boolean.parseBoolean(scalar.getValue());
        }
        findings.refuse(file, line(node), "'" + key + "' must be true or false");
        return false;
    }

    private static int line(Node node) {
        return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(0);
    }
}
