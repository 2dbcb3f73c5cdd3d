// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What is wrong with an application: everything that can be found in one go. For one thread. */
final class Findings {

    /**
     * One of them.
     *
     * @param file relative to the application's folder, with slashes
     * @param line counted from 1; 0 when it is about the file as a whole
     */
    record Finding(String file, int line, String text) {
        @Override
        public String toString() {
            return file + (line > 0 ? ":" + line : "") + ": " + text;
        }
    }

    private static final Comparator<Finding> ORDER =
            Comparator.comparing(Finding::file).thenComparingInt(Finding::line);

    private final Set<Finding> errors = new LinkedHashSet<>();
    private final Map<String, Finding> declared = new HashMap<>();
    private final Set<Finding> warnings = new LinkedHashSet<>();

    /** Something that keeps the application from being deployed. */
    void refuse(String file, int line, String text) {
        errors.add(new Finding(file, line, text));
    }

    /** Something that is passed over. */
    void warn(String file, int line, String text) {
        warnings.add(new Finding(file, line, text));
    }

    /** Where something is declared whose name is the qualified name of a table, or of its attribute with a dot before. */
    void declared(String name, String file, int line) {
        declared.putIfAbsent(name, new Finding(file, line, ""));
    }

    /** What is wrong with something that is declared, {@code name: text}, with its file and line if these are known. */
    String located(String violation) {
        int colon = violation.indexOf(": ");
        Finding where = colon < 0 ? null : declared.get(violation.substring(0, colon));
        return where == null ? violation : where.file() + ":" + where.line() + ": " + violation;
    }

    boolean refused() {
        return !errors.isEmpty();
    }

    /** Reasons not to deploy, by file and line. */
    List<Finding> errors() {
        return errors.stream().sorted(ORDER).toList();
    }

    /** What was passed over, by file and line. */
    List<Finding> warnings() {
        return warnings.stream().sorted(ORDER).toList();
    }
}
