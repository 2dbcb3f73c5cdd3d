// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.resource.Tables;
import dev.tarn.api.store.Store;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Reads an application's data files and gives its tables the rows that are in them ({@code dataLoader} in config.yaml). Blocks.
 * For one thread.
 */
@Component(service = DataLoader.class)
public final class DataLoader {

    private static final Logger LOG = LoggerFactory.getLogger(DataLoader.class);

    /** Bytes of one file, which is held whole; more is for {@code tarn import}. */
    private static final long LONGEST_FILE = 16L << 20;

    /** Aliases to lists and maps in one YAML file, so that a short one stays short. */
    private static final int MOST_ALIASES = 50;

    private final Tables tables;
    private final Bodies bodies;
    private final LoadedRows rows;

    @Activate
    public DataLoader(
            @Reference Tables tables,
            @Reference Resources resources,
            @Reference Bodies bodies,
            @Reference Store store) {
        this.tables = tables;
        this.bodies = bodies;
        this.rows = new LoadedRows(tables, resources, bodies, store);
    }

    /**
     * Reads data files; what is wrong goes to the findings.
     *
     * @throws IOException when one cannot be read
     */
    List<DataFile> read(Folder folder, List<String> files, Findings findings) throws IOException {
        List<DataFile> read = new ArrayList<>();
        for (String file : files) {
            Folder.Entry entry = Objects.requireNonNull(folder.files().get(file));
            if (entry.size() > LONGEST_FILE) {
                findings.refuse(file, 0, "longer than " + LONGEST_FILE + " bytes; use 'tarn import' for that much");
                continue;
            }
            Object value = null;
            try {
                value = value(file, Files.readAllBytes(entry.location()));
            } catch (YamlEngineException | Failure unreadable) {
                String why = unreadable instanceof Failure failure ? failure.reason() : unreadable.getMessage();
                findings.refuse(
                        file, 0, "cannot be read: " + String.valueOf(why).replaceAll("\\s+", " "));
                continue;
            }
            DataFile data = data(file, value, findings);
            if (data != null) {
                read.add(data);
            }
        }
        return read;
    }

    private @Nullable Object value(String file, byte[] bytes) {
        if (file.endsWith(".yaml") || file.endsWith(".yml")) {
            LoadSettings limits = LoadSettings.builder()
                    .setLabel(file)
                    .setAllowDuplicateKeys(false)
                    .setAllowRecursiveKeys(false)
                    .setMaxAliasesForCollections(MOST_ALIASES)
                    .setCodePointLimit((int) LONGEST_FILE)
                    .build();
            return new Load(limits).loadFromString(new String(bytes, StandardCharsets.UTF_8));
        }
        return bodies.structured(Bodies.JSON, bytes).value();
    }

    private static @Nullable DataFile data(String file, @Nullable Object value, Findings findings) {
        if (!(value instanceof Map<?, ?> map)
                || !(map.get("table") instanceof String table)
                || !(map.get("records") instanceof List<?> records)) {
            findings.refuse(file, 0, "a data file has 'table', 'records' (a list), and perhaps 'database'");
            return null;
        }
        List<Map<?, ?>> objects = new ArrayList<>();
        for (int i = 0; i < records.size(); i++) {
            if (records.get(i) instanceof Map<?, ?> object) {
                objects.add(object);
            } else {
                findings.refuse(file, 0, "records[" + i + "] is no object");
            }
        }
        String database = map.get("database") instanceof String name ? name : Table.DATA;
        return new DataFile(file, database + "." + table, objects);
    }

    /** Puts rows in place that are new or changed in their files. What cannot be put in place is in the log. */
    void load(String application, List<DataFile> files) {
        for (DataFile file : files) {
            Optional<Table> table = tables.all().stream()
                    .filter(each -> each.qualifiedName().equals(file.table()))
                    .filter(each -> !each.database().equals(Table.SYSTEM))
                    .findFirst();
            if (table.isEmpty()) {
                LOG.warn(
                        "application={} {} is not loaded: table {} is not declared in a schema",
                        application,
                        file.file(),
                        file.table());
                continue;
            }
            LoadedRows.Tally tally = rows.load(table.get(), file);
            if (tally.changes() > 0 || !tally.refused().isEmpty()) {
                LOG.info(
                        "application={} {} loaded: table={} new={} changed={} left={}",
                        application,
                        file.file(),
                        file.table(),
                        tally.made(),
                        tally.changed(),
                        tally.left());
            }
            tally.refused().forEach(reason -> LOG.warn("application={} {}: {}", application, file.file(), reason));
        }
    }
}
