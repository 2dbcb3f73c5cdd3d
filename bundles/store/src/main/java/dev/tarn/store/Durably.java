// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Makes what was done to files survive a loss of power. */
final class Durably {

    private Durably() {}

    /** Forces a file's content, or a directory's entries, to the disk. */
    static void sync(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
