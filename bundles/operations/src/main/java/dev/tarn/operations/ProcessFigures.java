// SPDX-License-Identifier: Apache-2.0
package dev.tarn.operations;

import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The process and its virtual machine, under the names that Prometheus' own clients use. */
final class ProcessFigures {
    private static final Logger LOG = LoggerFactory.getLogger(ProcessFigures.class);
    private static final Path STATUS = Path.of("/proc/self/status");

    private ProcessFigures() {}

    /** Adds all figures; those that the system does not tell are left out. */
    static void read(Families families) {
        var runtime = ManagementFactory.getRuntimeMXBean();
        families.gauge(
                "process_start_time_seconds",
                "Start of the process, in seconds since 1970.",
                runtime.getStartTime() / 1000.0);
        if (ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.UnixOperatingSystemMXBean unix) {
            families.counter(
                    "process_cpu_seconds",
                    "Time that the process was on a processor.",
                    unix.getProcessCpuTime() / (double) TimeUnit.SECONDS.toNanos(1));
            families.gauge("process_open_fds", "Open file descriptors.", unix.getOpenFileDescriptorCount());
            families.gauge("process_max_fds", "File descriptors at most.", unix.getMaxFileDescriptorCount());
        }
        families.gauge("process_resident_memory_bytes", "Memory of the process in RAM.", residentBytes());
        var memory = ManagementFactory.getMemoryMXBean();
        memory(families, "heap", memory.getHeapMemoryUsage());
        memory(families, "nonheap", memory.getNonHeapMemoryUsage());
        families.gauge(
                "jvm_threads_current",
                "Threads.",
                ManagementFactory.getThreadMXBean().getThreadCount());
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            families.counter(
                    "jvm_gc_collections",
                    "Collections of garbage.",
                    Math.max(0, collector.getCollectionCount()),
                    "gc",
                    collector.getName());
            families.counter(
                    "jvm_gc_seconds",
                    "Time spent collecting garbage.",
                    Math.max(0, collector.getCollectionTime()) / 1000.0,
                    "gc",
                    collector.getName());
        }
        families.gauge(
                "tarn_build",
                "Constantly 1; the labels tell what runs.",
                1,
                "version",
                version(),
                "java",
                Runtime.version().toString());
    }

    /** The version of this bundle, which is the node's. */
    static String version() {
        String version = ProcessFigures.class.getPackage().getImplementationVersion();
        return version == null ? "0.1.0" : version;
    }

    /** How much memory of this process is in RAM, in bytes; 0 where the system does not tell. */
    static long residentBytes() {
        try {
            for (String line : Files.readAllLines(STATUS, StandardCharsets.US_ASCII)) {
                if (line.startsWith("VmRSS:")) {
                    return Long.parseLong(line.replaceAll("\\D", "")) << 10;
                }
            }
        } catch (IOException elsewhere) {
            LOG.debug("no {} on this system", STATUS);
        }
        return 0;
    }

    private static void memory(Families families, String area, MemoryUsage usage) {
        families.gauge("jvm_memory_used_bytes", "Memory used.", usage.getUsed(), "area", area);
        families.gauge("jvm_memory_committed_bytes", "Memory reserved.", usage.getCommitted(), "area", area);
    }
}
