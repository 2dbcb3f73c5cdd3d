// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;

/** The files of a directory in which processes are killed. */
final class CrashFiles {

    /** Their size, in turn; small ones become full and are collected often. */
    private static final int[] KILOBYTES = {256, 512, 2_048};

    private CrashFiles() {}

    /** Makes a directory with files of a size of its own, for the first store that is opened in it. */
    static void sized(Path directory, int turn, Random random) throws IOException {
        byte[] mark = new byte[Seal.MARK];
        random.nextBytes(mark);
        Files.writeString(
                directory.resolve(DirectoryFormat.FILE),
                "format=" + DirectoryFormat.FORMAT + "\nfileKilobytes=" + KILOBYTES[turn % KILOBYTES.length] + "\nmark="
                        + HexFormat.of().formatHex(mark) + "\n");
    }

    /** How many files have been collected, told by the gaps before those that are there. */
    static long missing(Path directory) throws IOException {
        Path files = directory.resolve(DirectoryFormat.FILES);
        if (!Files.exists(files)) {
            return 0;
        }
        FileSet set = new FileSet(files, DirectoryFormat.of(directory).fileBytes());
        List<Long> addresses = set.addresses();
        return addresses.isEmpty() ? 0 : addresses.get(addresses.size() - 1) / set.fileBytes() + 1 - addresses.size();
    }
}
