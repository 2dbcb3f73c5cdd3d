// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import dev.tarn.api.application.Language;
import dev.tarn.api.application.Program;
import dev.tarn.api.application.Sources;
import dev.tarn.api.application.Transactions;
import java.io.IOException;
import java.util.Locale;
import java.util.Objects;

/** Java: jars in the folder or below {@code lib}. Resources are looked for in those that are in the folder itself. */
final class JavaCode implements Language {

    private final Transactions transactions;

    JavaCode(Transactions transactions) {
        this.transactions = transactions;
    }

    /** Whether a file of an application is code in Java. */
    static boolean isCode(String file) {
        return file.toLowerCase(Locale.ROOT).endsWith(".jar") && (file.indexOf('/') < 0 || isLibrary(file));
    }

    private static boolean isLibrary(String file) {
        return file.startsWith("lib/") && file.indexOf('/', 4) < 0;
    }

    @Override
    public String name() {
        return "java";
    }

    @Override
    public boolean takes(Sources sources) {
        return sources.files().stream().anyMatch(file -> isCode(file) && !isLibrary(file));
    }

    @Override
    public Program load(Sources sources) throws IOException {
        JarLoader loader = JarLoader.copying(
                sources.root(),
                sources.files().stream().filter(JavaCode::isCode).sorted().toList());
        boolean whole = false;
        try {
            JavaProgram program = JavaProgram.of(sources, loader, transactions);
            whole = true;
            return Objects.requireNonNull(program);
        } finally {
            if (!whole) {
                loader.close();
            }
        }
    }
}
