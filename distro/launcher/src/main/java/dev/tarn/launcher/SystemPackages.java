// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import java.util.ArrayList;
import java.util.List;

/**
 * The packages of the launcher's class path that bundles may import: what must be there before any bundle is, or must be
 * there only once.
 */
final class SystemPackages {

    private static final String SNAKEYAML = "org.snakeyaml.engine.v2.";

    private SystemPackages() {}

    /** The value of {@code org.osgi.framework.system.packages.extra}. */
    static String extra() {
        List<String> exports = new ArrayList<>();
        for (String name : List.of("org.slf4j", "org.slf4j.event", "org.slf4j.helpers", "org.slf4j.spi")) {
            exports.add(name + ";version=2.0.20");
        }
        // What was built for SLF4J 1.7 logs too; slf4j-api exports these two under both versions itself.
        exports.add("org.slf4j;version=1.7.36");
        exports.add("org.slf4j.helpers;version=1.7.36");
        for (String name : List.of("api", "api.lowlevel", "common", "exceptions", "nodes", "schema", "events")) {
            exports.add(SNAKEYAML + name + ";version=2.10");
        }
        exports.add("org.osgi.service.cm;version=1.6.1");
        exports.add("org.osgi.service.log;version=1.5");
        exports.add("org.osgi.service.log.admin;version=1.0");
        for (String name : List.of("", ".propertytypes", ".runtime", ".runtime.dto")) {
            exports.add("org.osgi.service.component" + name + ";version=1.5");
        }
        exports.add("org.osgi.util.promise;version=1.3");
        exports.add("org.osgi.util.function;version=1.2");
        return String.join(",", exports);
    }
}
