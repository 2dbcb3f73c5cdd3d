// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Failure;
import dev.tarn.api.store.StoreStatistics;
import java.io.File;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import jetbrains.exodus.env.EnvironmentImpl;
import jetbrains.exodus.env.EnvironmentStatistics;
import jetbrains.exodus.env.Transaction;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Gathers what the store's parts count. Safe on any thread. */
@Component(service = StoreStatistics.class)
public final class XodusStatistics implements StoreStatistics {

    private final XodusStore store;
    private final Core core;
    private final File directory;

    @Activate
    public XodusStatistics(@Reference XodusStore store) {
        this.store = store;
        this.core = store.core();
        this.directory = new File(core.database().environment.getLocation());
    }

    @Override
    public Space space() {
        EnvironmentImpl environment = core.database().environment;
        return new Space(
                environment.getLog().getDiskUsage(),
                environment.getGC().getUtilizationProfile().totalUtilizationPercent() / 100.0,
                environment.getLog().getNumberOfFiles(),
                environment
                        .getStatistics()
                        .getStatisticsItem(EnvironmentStatistics.Type.BYTES_MOVED_BY_GC)
                        .getTotal(),
                directory.getUsableSpace(),
                Intake.RESERVE);
    }

    @Override
    public Writing writing() {
        Committer committer = store.committer();
        WriteQueue queue = committer.queue();
        return new Writing(
                queue.size(),
                queue.limits().writes(),
                queue.bytes(),
                queue.limits().bytes(),
                committer.sizes().spread(),
                committer.batches().spread(),
                store.syncing().spread());
    }

    @Override
    public Reading reading() {
        OpenSnapshots snapshots = store.snapshots();
        return new Reading(
                snapshots.count(),
                snapshots.oldestMillis(),
                core.database().environment.getLog().getCacheHitRate(),
                core.cache().bytes());
    }

    @Override
    public Span log() {
        long oldest = store.oldest();
        long timestamp = store.read(transaction -> timestamp(transaction, oldest));
        return new Span(oldest, store.sequence(), timestamp, store.committer().logBytes());
    }

    /** When the first entry from this sequence on was made; 0 when there is none. */
    private long timestamp(Transaction transaction, long sequence) {
        byte[] value = Database.get(core.database().log, transaction, Keys.u64(sequence));
        return value == null
                ? 0
                : core.reader()
                        .entry(sequence, new ByteReader(value, 0, value.length))
                        .stamp()
                        .timestamp();
    }

    @Override
    public Map<String, Long> rows() {
        return store.read(transaction -> {
            Map<String, Long> rows = new TreeMap<>();
            for (OpenTable table : core.catalog().all()) {
                rows.put(table.table().qualifiedName(), table.rows().count(transaction));
            }
            return rows;
        });
    }

    @Override
    public Optional<Failure> fenced() {
        return Optional.ofNullable(core.fence().reason());
    }

    @Override
    public Optional<Failure> refusing() {
        Failure fenced = core.fence().reason();
        return Optional.ofNullable(fenced != null ? fenced : store.committer().refusing());
    }

    @Override
    public Contents contents() {
        Intake intake = store.intake();
        return new Contents(
                intake.uploads(),
                intake.uploadLimit(),
                intake.contents(),
                core.reader().shelf().pinned(),
                store.read(core.collector()::leaving),
                core.collector().collected());
    }

    @Override
    public Soundness soundness() {
        ReadFaults faults = core.database().readFaults;
        return new Soundness(faults.count(), faults.recent(), store.scrubber().map(Scrubber::told));
    }
}
