// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import jetbrains.exodus.log.Log;
import jetbrains.exodus.log.LogUtil;

/**
 * The end of a commit, up to which the environment's files are to be copied. Files are only ever appended to, and none is removed
 * as long as {@link Database#keepFiles} says so.
 *
 * @param sequence that of the last change in it
 * @param end where the files end at this point
 */
record BackupPoint(Database database, long sequence, long end, List<Long> addresses) {

    BackupPoint {
        addresses = List.copyOf(addresses);
    }

    /** Where the database is now; what is before the end is in the files, though perhaps not on the disk. On any thread. */
    static BackupPoint of(Database database) {
        // No transaction of the environment's own garbage collector is under way meanwhile.
        return database.environment.computeInExclusiveTransaction(transaction -> {
            Log log = database.environment.getLog();
            long end = log.getHighAddress();
            List<Long> addresses = new ArrayList<>();
            for (long address : log.getAllFileAddresses()) {
                if (address < end) {
                    addresses.add(address);
                }
            }
            addresses.sort(null);
            return new BackupPoint(database, Head.read(database, transaction).sequence(), end, addresses);
        });
    }

    Path directory() {
        return database.directory();
    }

    static String name(long address) {
        return DirectoryFormat.FILES + "/" + LogUtil.getLogFilename(address);
    }

    /** The content of the file at an address, up to the end. */
    byte[] read(long address) throws IOException {
        return database.files()
                .read(address, Math.min(end, address + database.files().fileBytes()));
    }
}
