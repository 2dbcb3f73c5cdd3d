// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.graalvm.polyglot.PolyglotException;
import org.graalvm.polyglot.Source;
import org.graalvm.polyglot.SourceSection;
import org.graalvm.polyglot.Value;

/** The modules of an application as they were when it was loaded, and what they import. Immutable. */
final class Modules {

    private static final long LONGEST = 4L << 20;

    /** What is wrong is looked for in so many lines. */
    private static final int LINES = 3;

    private static final Set<String> OURS = Set.of("harperdb", "harper");

    /** What the module has that is imported under a name of ours. */
    private static final String NAMES = String.join(
            ",",
            List.of(
                    "tables",
                    "databases",
                    "Resource",
                    "RequestTarget",
                    "transaction",
                    "logger",
                    "server",
                    "getContext",
                    "getUser",
                    "getResponse",
                    "config",
                    "contentTypes",
                    "createBlob",
                    "auth",
                    "threads",
                    "isMainThread",
                    "secrets"));

    private final List<String> entries;
    private final ScriptFiles files;
    private final boolean modern;

    private Modules(List<String> entries, ScriptFiles files, boolean modern) {
        this.entries = entries;
        this.files = files;
        this.modern = modern;
    }

    /**
     * Reads what modules need.
     *
     * @throws dev.tarn.api.data.Failure INVALID when something is not there, with where it is imported
     */
    static Modules read(Bundle bundle) {
        Map<String, String> texts = new LinkedHashMap<>();
        List<Flaw> flaws = new ArrayList<>();
        boolean modern = false;
        List<String> left = new ArrayList<>(bundle.modules());
        while (!left.isEmpty()) {
            String name = left.remove(left.size() - 1);
            if (texts.containsKey(name)) {
                continue;
            }
            String text = text(bundle, name, flaws);
            texts.put(name, text);
            if (!name.endsWith(".json")) {
                ScriptText script = new ScriptText(text);
                for (ScriptText.Imported imported : script.imports()) {
                    modern |= imported.name().equals("harper");
                    String found = resolve(bundle, name, imported, flaws);
                    if (!found.isEmpty()) {
                        left.add(found);
                    }
                }
                int fetching = script.lineOf("fetch");
                if (fetching > 0 && bundle.network().isEmpty()) {
                    flaws.add(new Flaw(
                            name,
                            fetching,
                            "fetch needs the network, which config.yaml does not grant: add 'network: [https://…]' to"
                                    + " jsResource"));
                }
            }
        }
        if (!flaws.isEmpty()) {
            throw Flaw.refusal(flaws);
        }
        String ours = "const {" + NAMES + "} = globalThis; export {" + NAMES + "};";
        OURS.forEach(name -> texts.put(name, ours));
        return new Modules(bundle.modules(), new ScriptFiles(texts), modern);
    }

    private static String text(Bundle bundle, String name, List<Flaw> flaws) {
        Path location = bundle.sources().root().resolve(name);
        try {
            if (Files.size(location) > LONGEST) {
                flaws.add(new Flaw(name, 0, "longer than " + LONGEST + " bytes"));
                return "";
            }
            return Files.readString(location, StandardCharsets.UTF_8);
        } catch (CharacterCodingException wrong) {
            flaws.add(new Flaw(name, 0, "not UTF-8"));
        } catch (IOException unreadable) {
            flaws.add(new Flaw(name, 0, unreadable.toString()));
        }
        return "";
    }

    /** The file that a module imports; empty for one of ours and where something is wrong. */
    private static String resolve(Bundle bundle, String from, ScriptText.Imported imported, List<Flaw> flaws) {
        String name = imported.name();
        if (OURS.contains(name)) {
            return "";
        }
        if (!name.startsWith("./") && !name.startsWith("../")) {
            flaws.add(new Flaw(
                    from,
                    imported.line(),
                    "module '" + name + "' is not there: modules of Node.js and npm are not loaded, only 'harperdb',"
                            + " 'harper' and files of this folder"));
            return "";
        }
        Path folder = Objects.requireNonNull(Path.of("/" + from).getParent());
        String found = Path.of("/")
                .relativize(folder.resolve(name).normalize())
                .toString()
                .replace('\\', '/');
        if (!bundle.sources().files().contains(found)) {
            flaws.add(new Flaw(from, imported.line(), "there is no file '" + found + "'"));
            return "";
        }
        if (found.endsWith(".ts") || found.endsWith(".cjs")) {
            flaws.add(new Flaw(from, imported.line(), "'" + found + "' is no JavaScript module (.js or .mjs)"));
            return "";
        }
        return found;
    }

    ScriptFiles files() {
        return files;
    }

    /** Whether the application is written for version 5 of Harper, whose classes are of the newer style unless they say. */
    boolean modern() {
        return modern;
    }

    /** In the place of a module's name. */
    static final String THROUGH = "sourcedFrom";

    /**
     * Runs all modules in an isolate, which then has their classes.
     *
     * @throws PolyglotException when one fails
     */
    void run(Isolate isolate) {
        exports(isolate).forEach(isolate::export);
        read(THROUGH, isolate.main().invokeMember("throughs")).forEach(isolate::export);
    }

    /**
     * A class that a module exports.
     *
     * @param file {@link #THROUGH} for one that no module exports, and that writes where the rows of its table come from
     * @param name under which it is exported; {@code default} perhaps
     * @param called what the class is called itself; may be empty
     * @param table the qualified name of the table that it extends; empty for none
     * @param resource whether it extends Resource at all
     * @param actions names of what it answers
     */
    record Exported(
            String file, String name, Value cls, String called, String table, boolean resource, List<String> actions) {
        String key() {
            return file + "#" + name;
        }
    }

    /** What all modules export, in their order. */
    private List<Exported> exports(Isolate isolate) {
        List<Exported> found = new ArrayList<>();
        for (String entry : entries) {
            Value module = isolate.evaluate(Source.newBuilder(
                            Graal.ID, "export * as module from '/" + entry + "';", "tarn:entry-" + entry + ".mjs")
                    .mimeType("application/javascript+module")
                    .buildLiteral());
            found.addAll(read(entry, isolate.main().invokeMember("exported", module.getMember("module"))));
        }
        return found;
    }

    private static List<Exported> read(String file, Value all) {
        List<Exported> found = new ArrayList<>();
        for (long at = 0; at < all.getArraySize(); at++) {
            Value one = all.getArrayElement(at);
            List<String> actions = new ArrayList<>();
            for (long action = 5; action < one.getArraySize(); action++) {
                actions.add(one.getArrayElement(action).asString());
            }
            found.add(new Exported(
                    file,
                    one.getArrayElement(0).asString(),
                    one.getArrayElement(1),
                    one.getArrayElement(2).asString(),
                    one.getArrayElement(3).isNull()
                            ? ""
                            : one.getArrayElement(3).asString(),
                    one.getArrayElement(4).asBoolean(),
                    actions));
        }
        return found;
    }

    /** The text of a few lines from where something is wrong. */
    String around(Flaw flaw) {
        return flaw.line() == 0 || !files.has(flaw.file())
                ? ""
                : files.text(flaw.file())
                        .lines()
                        .skip(flaw.line() - 1L)
                        .limit(LINES)
                        .collect(Collectors.joining("\n"));
    }

    /** Where an exception of the language comes from. */
    Flaw flaw(PolyglotException failure) {
        SourceSection place = failure.getSourceLocation();
        if (place != null && place.isAvailable() && own(place.getSource())) {
            return new Flaw(name(place.getSource()), place.getStartLine(), text(failure));
        }
        for (PolyglotException.StackFrame frame : failure.getPolyglotStackTrace()) {
            SourceSection at = frame.getSourceLocation();
            if (at != null && at.isAvailable() && own(at.getSource())) {
                return new Flaw(name(at.getSource()), at.getStartLine(), text(failure));
            }
        }
        return new Flaw(entries.get(0), 0, text(failure));
    }

    private static String text(PolyglotException failure) {
        if (failure.isHostException()) {
            return String.valueOf(failure.asHostException().getMessage());
        }
        String line = String.valueOf(failure.getMessage()).lines().findFirst().orElse("failed");
        return line.replaceFirst("^Error: ", "").replaceFirst("^(SyntaxError: )/?[^: ]+:[0-9]+:[0-9]+ ", "$1");
    }

    private boolean own(Source source) {
        return files.has(name(source));
    }

    private static String name(Source source) {
        String path = source.getPath() == null ? source.getName() : source.getPath();
        return path.startsWith("/") ? path.substring(1) : path;
    }
}
