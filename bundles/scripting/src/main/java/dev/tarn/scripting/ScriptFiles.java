// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessMode;
import java.nio.file.DirectoryStream;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.graalvm.polyglot.io.FileSystem;

/**
 * All that an application's scripts see of files: the modules of its folder, as they were when it was loaded, under names
 * that begin with a slash, to be read only. Immutable.
 */
final class ScriptFiles implements FileSystem {

    private static final Path ROOT = Path.of("/");

    private final Map<String, String> texts;

    /** With these texts, by name relative to the folder. */
    ScriptFiles(Map<String, String> texts) {
        this.texts = new TreeMap<>(texts);
    }

    /** The text of a file, relative to the folder; empty when there is none. */
    String text(String name) {
        return texts.getOrDefault(name, "");
    }

    boolean has(String name) {
        return texts.containsKey(name);
    }

    private static String name(Path path) {
        return ROOT.relativize(ROOT.resolve(path).normalize()).toString().replace('\\', '/');
    }

    private String read(Path path) throws IOException {
        String text = texts.get(name(path));
        if (text == null) {
            throw new NoSuchFileException(path.toString());
        }
        return text;
    }

    @Override
    public Path parsePath(URI uri) {
        return ROOT.resolve(uri.getPath());
    }

    @Override
    public Path parsePath(String path) {
        return ROOT.resolve(path);
    }

    @Override
    public void checkAccess(Path path, Set<? extends AccessMode> modes, LinkOption... options) throws IOException {
        if (modes.contains(AccessMode.WRITE)) {
            throw new SecurityException("files are there to be read");
        }
        read(path);
    }

    @Override
    public void createDirectory(Path folder, FileAttribute<?>... attributes) {
        throw new SecurityException("files are there to be read");
    }

    @Override
    public void delete(Path path) {
        throw new SecurityException("files are there to be read");
    }

    @Override
    public SeekableByteChannel newByteChannel(
            Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes) throws IOException {
        return new Reading(read(path).getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public DirectoryStream<Path> newDirectoryStream(Path folder, DirectoryStream.Filter<? super Path> filter) {
        throw new SecurityException("folders cannot be listed");
    }

    @Override
    public Path toAbsolutePath(Path path) {
        return ROOT.resolve(path);
    }

    @Override
    public Path toRealPath(Path path, LinkOption... options) throws IOException {
        read(path);
        return ROOT.resolve(path).normalize();
    }

    @Override
    public Map<String, Object> readAttributes(Path path, String attributes, LinkOption... options) throws IOException {
        return Map.of("isRegularFile", true, "isDirectory", false, "isSymbolicLink", false, "size", (long)
                read(path).getBytes(StandardCharsets.UTF_8).length);
    }

    /** A text as a channel; for one thread. */
    private static final class Reading implements SeekableByteChannel {
        private final byte[] bytes;
        private int position;

        Reading(byte[] bytes) {
            this.bytes = bytes;
        }

        @Override
        public int read(ByteBuffer into) {
            if (position >= bytes.length) {
                return -1;
            }
            int count = Math.min(into.remaining(), bytes.length - position);
            into.put(bytes, position, count);
            position += count;
            return count;
        }

        @Override
        public int write(ByteBuffer from) {
            throw new NonWritableChannelException();
        }

        @Override
        public long position() {
            return position;
        }

        @Override
        public SeekableByteChannel position(long next) {
            position = (int) Math.min(bytes.length, next);
            return this;
        }

        @Override
        public long size() {
            return bytes.length;
        }

        @Override
        public SeekableByteChannel truncate(long size) {
            throw new NonWritableChannelException();
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {
            // There is nothing to let go.
        }
    }
}
