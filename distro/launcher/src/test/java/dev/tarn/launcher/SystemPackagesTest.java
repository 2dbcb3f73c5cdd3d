// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URL;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class SystemPackagesTest {
    private static final Pattern EXPORT = Pattern.compile("([a-z][\\w.]+)((?:;[^,;\"]+(?:\"[^\"]*\")?)*)(?:,|$)");
    private static final Pattern VERSION = Pattern.compile("version=\"?([\\d.]+)");

    /** Exports of all bundles on the class path. */
    private static Map<String, Set<String>> exported() throws Exception {
        Map<String, Set<String>> exports = new HashMap<>();
        for (URL url :
                Collections.list(SystemPackagesTest.class.getClassLoader().getResources("META-INF/MANIFEST.MF"))) {
            try (var in = url.openStream()) {
                String header = new Manifest(in).getMainAttributes().getValue("Export-Package");
                Matcher export = EXPORT.matcher(header == null ? "" : header);
                while (export.find()) {
                    Matcher version = VERSION.matcher(export.group(2));
                    exports.computeIfAbsent(export.group(1), name -> new HashSet<>())
                            .add(version.find() ? version.group(1) : "0");
                }
            }
        }
        return exports;
    }

    @Test
    void every_package_is_on_the_class_path_in_the_version_that_is_said() throws Exception {
        Map<String, Set<String>> exported = exported();
        for (String entry : SystemPackages.extra().split(",")) {
            String name = entry.substring(0, entry.indexOf(';'));
            String version = entry.substring(entry.indexOf('=') + 1);
            assertThat(exported.getOrDefault(name, Set.of())).as(name).anyMatch(each -> each.startsWith(version));
        }
    }
}
