// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import java.io.IOException;
import java.lang.reflect.Array;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.CollectionNode;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/** Puts values into the configuration file and leaves everything else in it as it was, comments and order included. */
final class ConfigurationFile {
    private final Path file;

    ConfigurationFile(Path file) {
        this.file = file;
    }

    /** Writes the values of these full keys, all in one step. */
    void put(Map<String, Object> values) throws IOException {
        String text = Files.readString(file, StandardCharsets.UTF_8);
        for (Map.Entry<String, Object> value : values.entrySet()) {
            text = with(text, value.getKey(), words(value.getValue()));
        }
        Path next = file.resolveSibling(file.getFileName() + ".next");
        Files.copy(file, next, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
        Files.writeString(next, text, StandardCharsets.UTF_8);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** The text with this value in the place of the key's present one; at the end when the key is not there. */
    static String with(String text, String key, String value) {
        Optional<Node> root = new Compose(LoadSettings.builder().build()).composeString(text);
        Optional<Node> present = root.flatMap(node -> find(node, "", key));
        if (present.isEmpty()) {
            String before = text.isEmpty() || text.endsWith("\n") ? text : text + "\n";
            return before + key + ": " + value + "\n";
        }
        int start = at(text, present.get().getStartMark());
        int end = at(text, present.get().getEndMark());
        boolean block = present.get() instanceof CollectionNode<?> list && list.getFlowStyle() != FlowStyle.FLOW;
        String tail = text.substring(end);
        if (block) {
            // A list of lines ends where the next key begins.
            int line = text.lastIndexOf('\n', Math.max(0, start - 1));
            return text.substring(0, line).stripTrailing() + " " + value + "\n" + (tail.isEmpty() ? "" : tail);
        }
        String before = text.substring(0, start);
        return before + (before.endsWith(":") ? " " : "") + value + tail;
    }

    /** Marks count code points. */
    private static int at(String text, Optional<Mark> mark) {
        return text.offsetByCodePoints(
                0,
                mark.orElseThrow(() -> new IllegalStateException("a node without a place"))
                        .getIndex());
    }

    private static Optional<Node> find(Node node, String prefix, String key) {
        if (node instanceof MappingNode mapping) {
            for (NodeTuple entry : mapping.getValue()) {
                if (!(entry.getKeyNode() instanceof ScalarNode name)) {
                    continue;
                }
                String full = prefix.isEmpty() ? name.getValue() : prefix + "." + name.getValue();
                if (full.equals(key)) {
                    return Optional.of(entry.getValueNode());
                } else if (key.startsWith(full + ".")) {
                    Optional<Node> deeper = find(entry.getValueNode(), full, key);
                    if (deeper.isPresent()) {
                        return deeper;
                    }
                }
            }
        }
        return Optional.empty();
    }

    /** A value as YAML. */
    static String words(Object value) {
        if (value.getClass().isArray()) {
            List<String> items = new ArrayList<>();
            for (int i = 0; i < Array.getLength(value); i++) {
                items.add(word(Array.get(value, i)));
            }
            return "[" + String.join(", ", items) + "]";
        }
        return word(value);
    }

    private static String word(Object value) {
        String text = String.valueOf(value);
        boolean plain = !(value instanceof String)
                || (text.matches("[A-Za-z0-9./][A-Za-z0-9._/+-]*")
                        && !text.matches("(?i)null|~|true|false|yes|no|on|off"));
        return plain
                ? text
                : "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + "\"";
    }
}
