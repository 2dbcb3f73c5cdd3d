// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import dev.tarn.api.data.Table;
import dev.tarn.applications.Settings.Located;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One version of an application: what its folder declares, read and checked. Immutable.
 *
 * @param name the folder's name
 * @param roles as objects of {@code system.roles}
 * @param data the names of files with rows that the tables are to have
 * @param settings config.yaml as it is
 */
record Application(
        String name,
        List<Table> tables,
        List<Map<String, Object>> roles,
        List<String> data,
        StaticFiles site,
        Map<String, Object> settings) {

    private static final long LONGEST_FILE = 1 << 20;

    Application {
        tables = List.copyOf(tables);
        data = List.copyOf(data);
        settings = Map.copyOf(settings);
        roles = List.copyOf(roles);
    }

    /** Whether a folder looks like an application at all. */
    static boolean isOne(Folder folder) {
        return folder.files().containsKey(ConfigFile.NAME)
                || folder.files().keySet().stream().anyMatch(file -> file.indexOf('/') < 0 && file.endsWith(".graphql"))
                || folder.files().containsKey("web/index.html")
                || folder.files().keySet().stream()
                        .anyMatch(file -> JavaCode.isCode(file) || file.equals("resources.js"));
    }

    /**
     * Reads what the folder declares. What is wrong goes to the findings; the result is of use only when they have no
     * errors.
     *
     * @param understood sections of config.yaml that a language reads for itself
     * @throws IOException when a file cannot be read
     */
    static Application read(String name, Folder folder, Findings findings, Set<String> understood) throws IOException {
        folder.leftOut().forEach(link -> findings.warn(link.file(), link.line(), link.text()));
        boolean configured = folder.files().containsKey(ConfigFile.NAME);
        String config = configured ? text(folder, ConfigFile.NAME, findings) : "";
        Settings settings = configured ? ConfigFile.read(name, config, findings, understood) : Settings.DEFAULT;
        Set<String> withheld = new HashSet<>(Set.of(ConfigFile.NAME));
        List<SchemaFile.Declared> types = new ArrayList<>();
        for (String file : matching(folder, settings.schemas(), withheld, findings)) {
            types.addAll(SchemaFile.read(file, text(folder, file, findings), findings));
        }
        List<Map<String, Object>> roles = new ArrayList<>();
        for (String file : matching(folder, settings.roles(), withheld, findings)) {
            roles.addAll(RolesFile.read(file, text(folder, file, findings), findings));
        }
        List<Table> tables = Schema.tables(types, findings);
        List<String> data = matching(folder, settings.data(), withheld, findings);
        Settings.Pages pages = settings.pages();
        return new Application(
                name,
                tables,
                roles,
                data,
                pages == null ? StaticFiles.NONE : StaticFiles.of(folder, pages, withheld, findings),
                ConfigFile.plain(config));
    }

    /** The files that match, which no browser gets then. */
    private static List<String> matching(
            Folder folder, List<Located> patterns, Set<String> withheld, Findings findings) {
        List<String> matching = new ArrayList<>();
        for (Located pattern : patterns) {
            boolean any = false;
            for (String file : folder.files().keySet()) {
                if (pattern.glob().matches(file)) {
                    any = true;
                    if (withheld.add(file)) {
                        matching.add(file);
                    }
                }
            }
            if (!any && pattern.line() > 0) {
                findings.refuse(ConfigFile.NAME, pattern.line(), "no file matches '" + pattern.glob() + "'");
            }
        }
        return matching;
    }

    private static String text(Folder folder, String file, Findings findings) throws IOException {
        Map<String, Folder.Entry> files = folder.files();
        Folder.Entry entry = files.get(file);
        if (entry == null) {
            throw new NoSuchFileException(file);
        }
        if (entry.size() > LONGEST_FILE) {
            findings.refuse(file, 0, "longer than " + LONGEST_FILE + " bytes");
            return "";
        }
        try {
            return Files.readString(entry.location(), StandardCharsets.UTF_8);
        } catch (CharacterCodingException wrong) {
            findings.refuse(file, 0, "not UTF-8");
            return "";
        }
    }
}
