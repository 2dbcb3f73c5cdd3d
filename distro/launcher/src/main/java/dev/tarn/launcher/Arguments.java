// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The command line.
 *
 * @param operand the application folder of {@code tarn dev}, the file of a backup, what is to be verified
 * @param values what {@code --set} and {@code --data} say, by key
 */
record Arguments(Command command, Optional<Path> operand, Optional<Path> configuration, Map<String, String> values) {

    /** What to do. */
    enum Command {
        DEV,
        START,
        BACKUP,
        RESTORE,
        VERIFY,
        KEYS,
        VERSION,
        HELP
    }

    /** Those that say what they are about. */
    private static final Set<Command> WITH_OPERAND =
            EnumSet.of(Command.DEV, Command.BACKUP, Command.RESTORE, Command.VERIFY);

    private static final List<String> COMMANDS =
            List.of("dev", "start", "backup", "restore", "verify", "keys", "version", "help");

    /** Reads the command line. Fails with a {@link Refusal}. */
    static Arguments of(List<String> words) {
        List<String> plain = new ArrayList<>();
        Map<String, String> values = new LinkedHashMap<>();
        Optional<Path> configuration = Optional.empty();
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            switch (option(word)) {
                case "--set" -> {
                    String pair = value(words, i);
                    int equals = pair.indexOf('=');
                    if (equals < 1) {
                        throw Refusal.usage("--set wants key=value, not '" + pair + "'");
                    }
                    values.put(pair.substring(0, equals), pair.substring(equals + 1));
                    i += inline(word) ? 0 : 1;
                }
                case "--data" -> {
                    values.put("data.directory", absolute(value(words, i)).toString());
                    i += inline(word) ? 0 : 1;
                }
                case "--conf" -> {
                    configuration = Optional.of(absolute(value(words, i)));
                    i += inline(word) ? 0 : 1;
                }
                case "--help", "-h" -> plain.add(0, "help");
                case "--version" -> plain.add(0, "version");
                default -> {
                    if (word.startsWith("-")) {
                        throw Refusal.usage("unknown option '" + word + "'"
                                + Nearest.to(word, List.of("--set", "--data", "--conf", "--help", "--version"))
                                        .map(known -> ", did you mean '" + known + "'?")
                                        .orElse("; 'tarn help' lists what there is"));
                    }
                    plain.add(word);
                }
            }
        }
        Command command = plain.isEmpty() ? Command.HELP : command(plain.get(0));
        int most = WITH_OPERAND.contains(command) ? 2 : 1;
        if (plain.size() > most && command != Command.HELP && command != Command.VERSION) {
            throw Refusal.usage("'tarn " + plain.get(0) + "' does not know what to do with '" + plain.get(most) + "'");
        }
        Optional<Path> operand = most > 1 && plain.size() > 1 ? Optional.of(absolute(plain.get(1))) : Optional.empty();
        if (command == Command.RESTORE && operand.isEmpty()) {
            throw Refusal.usage("'tarn restore' wants the file of a backup");
        }
        return new Arguments(command, operand, configuration, Map.copyOf(values));
    }

    private static Command command(String word) {
        if (!COMMANDS.contains(word)) {
            List<String> all = new ArrayList<>(COMMANDS);
            all.addAll(Remote.COMMANDS);
            throw Refusal.usage("unknown command '" + word + "'"
                    + Nearest.to(word, all)
                            .map(known -> ", did you mean '" + known + "'?")
                            .orElse("; 'tarn help' lists what there is"));
        }
        return Command.values()[COMMANDS.indexOf(word)];
    }

    private static String option(String word) {
        return inline(word) ? word.substring(0, word.indexOf('=')) : word;
    }

    private static boolean inline(String word) {
        return word.startsWith("--") && word.indexOf('=') > 0;
    }

    private static String value(List<String> words, int at) {
        String word = words.get(at);
        if (inline(word)) {
            return word.substring(word.indexOf('=') + 1);
        } else if (at + 1 >= words.size()) {
            throw Refusal.usage(word + " wants a value");
        }
        return words.get(at + 1);
    }

    private static Path absolute(String text) {
        return Path.of(text).toAbsolutePath().normalize();
    }
}
