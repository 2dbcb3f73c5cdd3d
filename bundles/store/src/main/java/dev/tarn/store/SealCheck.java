// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Compares every byte of the files with the checksums in the seals, as far as a seal covers it. A node of a tree has no
 * checksum of its own: a damaged one can hide rows or show older ones, and nothing but this finds that for certain. A file
 * at a time is in memory. For one thread.
 */
final class SealCheck {

    private final FileSet files;
    private final byte[] mark;

    /** Seals of what ends after this address are left out: it may be on its way to the disk still. */
    private final long end;

    /** Segments that the seals of the file before have named: a segment is named by a few seals, one soon after the other. */
    private Set<Seal.Segment> done = Set.of();

    SealCheck(FileSet files, byte[] mark) {
        this(files, mark, Long.MAX_VALUE);
    }

    private SealCheck(FileSet files, byte[] mark, long end) {
        this.files = files;
        this.mark = mark;
        this.end = end;
    }

    /** One that knows of no segment yet. */
    SealCheck(SealCheck other) {
        this(other.files, other.mark, other.end);
    }

    /** The same for what ends at this address or before. */
    SealCheck(SealCheck other, long end) {
        this(other.files, other.mark, end);
    }

    /** The ranges that are not what was written, in words; empty when all is well. */
    List<String> problems() throws IOException {
        Set<Long> there = new HashSet<>(files.addresses());
        List<String> problems = new ArrayList<>();
        for (long address : files.addresses()) {
            problems.addAll(problems(address, there));
        }
        return problems;
    }

    /**
     * Compares the ranges that the seals in one file name; those that the seals of the file before it named as well are left out.
     *
     * @param there the addresses of all files
     * @return what is not as it was written, in words
     */
    List<String> problems(long address, Set<Long> there) throws IOException {
        Set<Seal.Segment> here = new HashSet<>();
        List<String> problems = new ArrayList<>();
        for (Seal seal : Seal.find(files.read(address), mark)) {
            for (Seal.Segment segment : seal.segments()) {
                if (segment.to() <= end && here.add(segment) && !done.contains(segment) && complete(segment, there)) {
                    check(segment, problems);
                }
            }
        }
        done = here;
        return problems;
    }

    private boolean complete(Seal.Segment segment, Set<Long> there) {
        long first = segment.from() - segment.from() % files.fileBytes();
        for (long file = first; file < segment.to(); file += files.fileBytes()) {
            if (!there.contains(file)) {
                return false;
            }
        }
        return true;
    }

    private void check(Seal.Segment segment, List<String> problems) {
        String what = "the files from " + segment.from() + " to " + segment.to();
        try {
            if (files.checksum(segment.from(), segment.to()) != segment.checksum()) {
                problems.add(what + " are not what was written");
            }
        } catch (IOException e) {
            problems.add(what + " cannot be read: " + e.getMessage());
        }
    }
}
