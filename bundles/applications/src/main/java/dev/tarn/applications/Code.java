// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import dev.tarn.api.application.Language;
import dev.tarn.api.application.Mount;
import dev.tarn.api.application.Program;
import dev.tarn.api.application.Sources;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Table;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The programs of one version of an application, in whatever languages. For the thread that deploys, but for the retiring. */
final class Code {

    private final List<Running> programs;
    private final List<Table> tables;

    private Code(List<Running> programs, List<Table> tables) {
        this.programs = List.copyOf(programs);
        this.tables = List.copyOf(tables);
    }

    /**
     * Loads all code of a version, beside the one that serves.
     *
     * @param unhurried whether calls may take long, since a debugger may stop them
     * @throws Failure INVALID with what is wrong where; then nothing of it is left
     */
    static Code load(Application application, Folder folder, List<Language> languages, boolean unhurried)
            throws IOException {
        Sources sources = new Sources(
                application.name(),
                folder.root(),
                folder.files().keySet(),
                application.tables(),
                application.settings());
        List<Running> programs = new ArrayList<>();
        List<Table> tables = new ArrayList<>(application.tables());
        Set<String> declared = new HashSet<>();
        tables.forEach(table -> declared.add(table.qualifiedName()));
        boolean whole = false;
        try {
            for (Language language : languages) {
                if (language.takes(sources)) {
                    Program program = language.load(sources);
                    programs.add(new Running(program, unhurried));
                    for (Table table : program.tables()) {
                        // What the folder says of a table goes before what code says of it.
                        if (declared.add(table.qualifiedName())) {
                            tables.add(table);
                        }
                    }
                }
            }
            if (folder.files().containsKey("resources.js")
                    && languages.stream()
                            .noneMatch(language ->
                                    language.takes(sources) && language.name().equals("javascript"))) {
                throw wrong("resources.js", "JavaScript needs the scripting bundle, which is not installed");
            }
            whole = true;
            return new Code(programs, tables);
        } finally {
            if (!whole) {
                programs.forEach(Running::discard);
            }
        }
    }

    private static Failure wrong(String file, String why) {
        String violation = file + ": " + why;
        return new Failure(Failure.Code.INVALID, violation, List.of(violation));
    }

    /** Whether there is any. */
    boolean any() {
        return !programs.isEmpty();
    }

    /** The tables of folder and code. */
    List<Table> tables() {
        return tables;
    }

    List<Mount> mounts() {
        List<Mount> mounts = new ArrayList<>();
        programs.forEach(program -> mounts.addAll(program.mounts()));
        return mounts;
    }

    /** It serves. */
    void started() {
        programs.forEach(Running::started);
    }

    /** Another version serves, or none: what it holds goes when the last call has ended. */
    void replaced() {
        programs.forEach(Running::replaced);
    }

    /** It never served. */
    void discard() {
        programs.forEach(Running::discard);
    }
}
