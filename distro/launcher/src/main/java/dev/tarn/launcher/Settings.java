// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

/** What the configuration file and the command line say, by full key such as {@code http.port}. Not yet checked. */
final class Settings {

    /**
     * One key's words.
     *
     * @param origin where it is said, such as {@code conf/tarn.yaml:3} or {@code --set}
     * @param fromFile whether it is said in the file
     */
    record Setting(String key, List<String> words, String origin, boolean fromFile) {}

    private static final int DEEPEST = 6;

    private final Map<String, Setting> byKey = new LinkedHashMap<>();

    private Settings() {}

    /** Reads the file, if there is one, then what the command line puts over it. Fails with a {@link Refusal}. */
    static Settings of(Optional<Path> file, Map<String, String> commandLine) {
        Settings settings = new Settings();
        file.ifPresent(settings::read);
        commandLine.forEach(
                (key, value) -> settings.byKey.put(key, new Setting(key, List.of(value), "--set " + key, false)));
        return settings;
    }

    List<Setting> all() {
        return List.copyOf(byKey.values());
    }

    Optional<Setting> get(String key) {
        return Optional.ofNullable(byKey.get(key));
    }

    private void read(Path file) {
        try {
            String text = Files.readString(file, StandardCharsets.UTF_8);
            LoadSettings settings = LoadSettings.builder()
                    .setLabel(file.toString())
                    .setMaxAliasesForCollections(0)
                    .build();
            Optional<Node> root = new Compose(settings).composeString(text);
            if (root.isPresent() && !root.get().getTag().equals(Tag.NULL)) {
                flatten(root.get(), "", file.toString(), 0);
            }
        } catch (CharacterCodingException malformed) {
            throw Refusal.usage(file + " is not UTF-8");
        } catch (IOException unreadable) {
            throw Refusal.usage(file + " cannot be read: " + Cause.line(unreadable));
        } catch (MarkedYamlEngineException malformed) {
            throw Refusal.usage(file
                    + malformed
                            .getProblemMark()
                            .map(mark -> ":" + (mark.getLine() + 1))
                            .orElse("") + ": "
                    + String.valueOf(malformed.getProblem()).replace('\n', ' '));
        } catch (YamlEngineException malformed) {
            throw Refusal.usage(
                    file + ": " + String.valueOf(malformed.getMessage()).replace('\n', ' '));
        }
    }

    private void flatten(Node node, String key, String file, int depth) {
        String origin = file
                + node.getStartMark().map(mark -> ":" + (mark.getLine() + 1)).orElse("");
        if (node instanceof MappingNode mapping && depth < DEEPEST) {
            for (NodeTuple entry : mapping.getValue()) {
                if (!(entry.getKeyNode() instanceof ScalarNode name)) {
                    throw Refusal.usage(origin + ": a key must be a word");
                }
                flatten(
                        entry.getValueNode(),
                        key.isEmpty() ? name.getValue() : key + "." + name.getValue(),
                        file,
                        depth + 1);
            }
        } else if (node instanceof SequenceNode list && depth > 0) {
            List<String> words = new ArrayList<>();
            for (Node item : list.getValue()) {
                words.add(scalar(item, key, origin));
            }
            put(new Setting(key, List.copyOf(words), origin, true));
        } else if (depth == 0) {
            throw Refusal.usage(origin + ": wants sections of keys, such as 'http:' and below it '  port: 9926'");
        } else if (!node.getTag().equals(Tag.NULL)) {
            put(new Setting(key, List.of(scalar(node, key, origin)), origin, true));
        }
    }

    private static String scalar(Node node, String key, String origin) {
        if (node instanceof ScalarNode scalar) {
            return scalar.getValue();
        }
        throw Refusal.usage(origin + ": '" + key + "' wants a plain value");
    }

    private void put(Setting setting) {
        Setting earlier = byKey.putIfAbsent(setting.key(), setting);
        if (earlier != null) {
            throw Refusal.usage(
                    setting.origin() + ": '" + setting.key() + "' is said a second time, first at " + earlier.origin());
        }
    }
}
