// SPDX-License-Identifier: Apache-2.0
package dev.tarn.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a process has used so far, from /proc; Linux only. */
final class Cpu {
    /** Linux reports clock ticks of 10 ms to programs, whatever the kernel counts in. */
    private static final long TICK_MICROSECONDS = 10_000;

    private static final int PAGE = 4096;

    private Cpu() {}

    /** User and system time of all its threads, in microseconds; 0 for process 0. */
    static long microseconds(long process) throws IOException {
        if (process == 0) {
            return 0;
        }
        String[] fields = fields(process);
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * TICK_MICROSECONDS;
    }

    /** Its memory in use, in bytes; 0 for process 0. */
    static long resident(long process) throws IOException {
        return process == 0 ? 0 : Long.parseLong(fields(process)[21]) * PAGE;
    }

    /** The fields of stat after the name, which may hold blanks. */
    private static String[] fields(long process) throws IOException {
        String stat = Files.readString(Path.of("/proc/" + process + "/stat"));
        return stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    }

    /** The machine's load over the last minute. */
    static String load() throws IOException {
        return Files.readString(Path.of("/proc/loadavg")).split(" ")[0];
    }
}
