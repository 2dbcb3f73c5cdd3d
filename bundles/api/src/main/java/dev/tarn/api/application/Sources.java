// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.application;

import dev.tarn.api.data.Table;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An application's folder, to those who load code from it. Immutable; the files may change under it.
 *
 * @param application its name
 * @param root the folder
 * @param files names relative to the folder, with slashes; none that is hidden or leads out of it
 * @param tables that are declared in the folder
 * @param settings config.yaml as it is: maps, lists, text, numbers; empty where there is none
 */
public record Sources(
        String application, Path root, Set<String> files, List<Table> tables, Map<String, Object> settings) {
    public Sources {
        files = Set.copyOf(files);
        tables = List.copyOf(tables);
    }
}
