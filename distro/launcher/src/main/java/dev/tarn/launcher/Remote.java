// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * The commands that ask a running node to do something, by {@code POST /operations} on its administration port. The node
 * on this machine writes where that is into its data directory.
 */
final class Remote {
    /** Commands that go to a running node. */
    static final Set<String> COMMANDS = Set.of(
            "status",
            "bundle",
            "backup",
            "run",
            "user",
            "role",
            "token",
            "audit",
            "applications",
            "deploy",
            "rollback",
            "undeploy");

    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private final PrintStream out;
    private final Map<String, String> options = new LinkedHashMap<>();
    private final List<String> plain = new ArrayList<>();
    private final List<String> common = new ArrayList<>();

    /** Whether a running node is asked: for a backup only while there is one. Fails with a {@link Refusal}. */
    static boolean takes(List<String> words, Image image) {
        if (!words.get(0).equals("backup") || words.contains("--url") || words.contains("--user")) {
            return COMMANDS.contains(words.get(0));
        }
        return DataDirectory.inUse(Launch.data(Arguments.of(words), image));
    }

    /** Reads the command line after {@code tarn}. Fails with a {@link Refusal}. */
    Remote(List<String> words, PrintStream out) {
        this.out = out;
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            if (Set.of("--url", "--user", "--data", "--conf", "--set").contains(word)) {
                if (i + 1 == words.size()) {
                    throw Refusal.usage(word + " wants a value");
                }
                i++;
                if (word.equals("--url") || word.equals("--user")) {
                    options.put(word, words.get(i));
                } else {
                    common.addAll(List.of(word, words.get(i)));
                }
            } else if (word.startsWith("--")) {
                throw Refusal.usage("unknown option '" + word + "'; 'tarn help' lists what there is");
            } else {
                plain.add(word);
            }
        }
    }

    /** Runs the command and prints what the node says. Fails with a {@link Refusal}. */
    void run(Image image) throws InterruptedException {
        Map<String, Object> request = request();
        List<String> words = new ArrayList<>(List.of("start"));
        words.addAll(common);
        Arguments arguments = Arguments.of(words);
        Path data = Launch.data(arguments, image);
        Address address = new Address(options.get("--url"), options.get("--user"));
        String answer =
                send(URI.create(address.of(data, "admin") + "/operations"), address.authorization(data), json(request));
        Object told;
        try {
            told = new Load(LoadSettings.builder().build()).loadFromString(answer);
        } catch (YamlEngineException malformed) {
            throw Refusal.failed("the node's answer cannot be read: " + malformed.getMessage());
        }
        print(told);
    }

    /** What is asked of the node: the operation's name and its arguments. */
    private Map<String, Object> request() {
        Map<String, Object> request = new LinkedHashMap<>();
        switch (plain.get(0)) {
            case "status" -> {
                count(1, 1, "tarn status");
                request.put("operation", "status");
            }
            case "backup" -> {
                count(1, 2, "tarn backup [file]");
                request.put("operation", "backup");
                if (plain.size() > 1) {
                    // Meant from here, as when the node is stopped.
                    request.put(
                            "file",
                            options.containsKey("--url")
                                    ? plain.get(1)
                                    : Path.of(plain.get(1)).toAbsolutePath().toString());
                }
            }
            case "run" -> {
                count(2, Integer.MAX_VALUE, "tarn run operation [key=value ...]");
                request.put("operation", plain.get(1));
                pairs(2, request);
            }
            case "user" -> user(request);
            case "role" -> role(request);
            case "applications" -> {
                count(1, 1, "tarn applications");
                request.put("operation", "application_list");
            }
            case "deploy" -> {
                count(2, 3, "tarn deploy FOLDER|JAR|ZIP [name]");
                Path source = Path.of(plain.get(1)).toAbsolutePath().normalize();
                request.put("operation", "application_deploy");
                request.put("name", plain.size() > 2 ? plain.get(2) : Archive.name(source));
                request.put("content", Base64.getEncoder().encodeToString(Archive.of(source)));
            }
            case "rollback", "undeploy" -> {
                count(2, 2, "tarn " + plain.get(0) + " name");
                request.put("operation", "application_" + plain.get(0));
                request.put("name", plain.get(1));
            }
            case "token" -> token(request);
            case "audit" -> {
                count(1, 2, "tarn audit [number of entries]");
                request.put("operation", "audit_list");
                if (plain.size() > 1) {
                    request.put("most", plain.get(1));
                }
            }
            default -> bundle(request);
        }
        return request;
    }

    /** Words of the form key=value, from this one on. */
    private void pairs(int from, Map<String, Object> request) {
        plain.subList(from, plain.size()).forEach(pair -> {
            int equals = pair.indexOf('=');
            if (equals < 1) {
                throw Refusal.usage("'" + pair + "' is not key=value");
            }
            request.put(pair.substring(0, equals), pair.substring(equals + 1));
        });
    }

    private void user(Map<String, Object> request) {
        String usage = "tarn user list | put NAME [roles=a,b] [administrator=true] | remove NAME"
                + " | import-mosquitto PASSWORDS [ACL]; a new password is taken from the variable TARN_NEW_PASSWORD";
        count(2, 5, usage);
        request.put("operation", "user_" + plain.get(1));
        switch (plain.get(1)) {
            case "list" -> count(2, 2, usage);
            case "put" -> {
                count(3, 5, usage);
                request.put("name", plain.get(2));
                pairs(3, request);
                String password = System.getenv("TARN_NEW_PASSWORD");
                if (password != null) {
                    request.put("password", password);
                }
            }
            case "remove" -> {
                count(3, 3, usage);
                request.put("name", plain.get(2));
            }
            case "import-mosquitto" -> {
                count(3, 4, usage);
                request.put("operation", "mosquitto_import");
                request.put("passwords", text(Path.of(plain.get(2))));
                if (plain.size() > 3) {
                    request.put("acl", text(Path.of(plain.get(3))));
                }
            }
            default -> throw Refusal.usage(usage);
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException unreadable) {
            throw Refusal.failed(file + " cannot be read: " + Cause.line(unreadable));
        }
    }

    private void token(Map<String, Object> request) {
        String usage = "tarn token issue NAME [minutes=60] | revoke ID";
        count(3, 4, usage);
        request.put("operation", "token_" + plain.get(1));
        switch (plain.get(1)) {
            case "issue" -> {
                request.put("name", plain.get(2));
                pairs(3, request);
            }
            case "revoke" -> {
                count(3, 3, usage);
                request.put("id", plain.get(2));
            }
            default -> throw Refusal.usage(usage);
        }
    }

    private void role(Map<String, Object> request) {
        String usage = "tarn role list | put FILE | remove NAME";
        count(2, 3, usage);
        request.put("operation", "role_" + plain.get(1));
        switch (plain.get(1)) {
            case "list" -> count(2, 2, usage);
            case "put" -> {
                count(3, 3, usage);
                Path file = Path.of(plain.get(2));
                try {
                    Object role = new Load(LoadSettings.builder()
                                    .setMaxAliasesForCollections(0)
                                    .build())
                            .loadFromString(Files.readString(file, StandardCharsets.UTF_8));
                    if (!(role instanceof Map<?, ?> map)) {
                        throw Refusal.failed(file + " is not a role: name, tables, publish, subscribe, operations");
                    }
                    map.forEach((key, value) -> request.put(String.valueOf(key), value));
                } catch (IOException | YamlEngineException unreadable) {
                    throw Refusal.failed(file + " cannot be read: " + Cause.line(unreadable));
                }
            }
            case "remove" -> {
                count(3, 3, usage);
                request.put("name", plain.get(2));
            }
            default -> throw Refusal.usage(usage);
        }
    }

    private void bundle(Map<String, Object> request) {
        String usage = "tarn bundle list | install FILE | update NAME FILE | start NAME | stop NAME | uninstall NAME";
        count(2, 4, usage);
        String verb = plain.get(1);
        request.put("operation", "bundle_" + verb);
        switch (verb) {
            case "list" -> count(2, 2, usage);
            case "install" -> {
                count(3, 3, usage);
                Path file = Path.of(plain.get(2));
                request.put("file", String.valueOf(file.getFileName()));
                // A name alone that is no file here is one that was removed there.
                if (Files.exists(file) || file.getNameCount() > 1) {
                    request.put("content", content(file));
                }
            }
            case "update" -> {
                count(4, 4, usage);
                request.put("bundle", plain.get(2));
                request.put("content", content(Path.of(plain.get(3))));
            }
            case "start", "stop", "uninstall" -> {
                count(3, 3, usage);
                request.put("bundle", plain.get(2));
            }
            default -> throw Refusal.usage(usage);
        }
    }

    private void count(int least, int most, String usage) {
        if (plain.size() < least || plain.size() > most) {
            throw Refusal.usage(usage);
        }
    }

    private static String content(Path file) {
        try {
            return Base64.getEncoder().encodeToString(Files.readAllBytes(file));
        } catch (IOException unreadable) {
            throw Refusal.failed(file + " cannot be read: " + Cause.line(unreadable));
        }
    }

    private static String send(URI target, Optional<String> authorization, String json) throws InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(target)
                .timeout(PATIENCE)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json));
        authorization.ifPresent(value -> request.header("Authorization", value));
        HttpResponse<String> answer;
        try {
            answer = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .build()
                    .send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException unreachable) {
            throw Refusal.failed(
                    "the node at " + target.getAuthority() + " does not answer: " + Cause.line(unreachable));
        }
        if (answer.statusCode() == 401) {
            throw Refusal.failed("not logged in: name an administrator with --user, his password in TARN_PASSWORD");
        } else if (answer.statusCode() != 200) {
            throw Refusal.failed(detail(answer.body()));
        }
        return answer.body();
    }

    /** What a refusal says; everything that is wrong, each on a line, where there is more than one. */
    static String detail(String problem) {
        try {
            Object told = new Load(LoadSettings.builder().build()).loadFromString(problem);
            if (told instanceof Map<?, ?> map && map.get("violations") instanceof List<?> all && all.size() > 1) {
                return all.stream().map(String::valueOf).collect(Collectors.joining("\n  ", "\n  ", ""));
            }
            return told instanceof Map<?, ?> map && map.get("detail") != null
                    ? String.valueOf(map.get("detail"))
                    : problem;
        } catch (YamlEngineException notJson) {
            return problem;
        }
    }

    private void print(Object told) {
        if (told instanceof Map<?, ?> map && map.size() == 1 && map.get("bundles") instanceof List<?> bundles) {
            for (Object each : bundles) {
                if (each instanceof Map<?, ?> bundle) {
                    out.printf(
                            "%-4s %-10s %-48s %s%n",
                            Optional.<Object>ofNullable(bundle.get("id")).orElse(""),
                            bundle.get("state"),
                            Optional.<Object>ofNullable(bundle.get("name")).orElse(bundle.get("file")),
                            Optional.<Object>ofNullable(bundle.get("version")).orElse(""));
                }
            }
            return;
        }
        new Dump(DumpSettings.builder().setDefaultFlowStyle(FlowStyle.BLOCK).build())
                .dumpToString(told)
                .lines()
                .forEach(line -> out.println(Printable.text(line)));
    }

    /** A value as JSON. */
    static String json(@Nullable Object value) {
        if (value instanceof Map<?, ?> map) {
            return map.entrySet().stream()
                    .map(entry -> quoted(String.valueOf(entry.getKey())) + ":" + json(entry.getValue()))
                    .collect(Collectors.joining(",", "{", "}"));
        } else if (value instanceof List<?> list) {
            return list.stream().map(Remote::json).collect(Collectors.joining(",", "[", "]"));
        } else if (value == null || value instanceof Boolean || value instanceof Integer || value instanceof Long) {
            return String.valueOf(value);
        }
        return quoted(String.valueOf(value));
    }

    /** A text as in RFC 8259 §7. */
    private static String quoted(String text) {
        StringBuilder json = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < ' ') {
                json.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else {
                json.append(c);
            }
        }
        return json.append('"').toString();
    }
}
