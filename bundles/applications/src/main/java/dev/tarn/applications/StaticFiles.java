// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import dev.tarn.api.application.Site;
import dev.tarn.applications.Settings.Located;
import dev.tarn.applications.Settings.Pages;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The static files of one application as they were listed when it was deployed: only what is in the listing is ever
 * opened, so no path leads out of the folder. Safe on any thread.
 */
final class StaticFiles implements Site {

    static final StaticFiles NONE = new StaticFiles(Path.of(""), Map.of());

    private static final String INDEX = "index.html";

    private final Path root;
    private final Map<String, Path> locations;
    private final Map<Path, Hashed> hashes = new ConcurrentHashMap<>();

    /** What a file's content was when it looked like this. */
    private record Hashed(
            long size, long modified, @Nullable Object key, String version) {}

    private StaticFiles(Path root, Map<String, Path> locations) {
        this.root = root;
        this.locations = Map.copyOf(locations);
    }

    /**
     * The files of a folder that the settings name.
     *
     * @param withheld files that configure the application and are never served
     */
    static StaticFiles of(Folder folder, Pages pages, Set<String> withheld, Findings findings) {
        Map<String, Path> locations = new LinkedHashMap<>();
        for (Located located : pages.files()) {
            boolean any = false;
            for (Map.Entry<String, Folder.Entry> file : folder.files().entrySet()) {
                String below = located.glob().below(file.getKey());
                if (below != null && !withheld.contains(file.getKey())) {
                    any = true;
                    locations.putIfAbsent(
                            pages.prefix() + below, file.getValue().location());
                }
            }
            if (!any && located.line() > 0) {
                findings.warn(ConfigFile.NAME, located.line(), "no file matches '" + located.glob() + "'");
            }
        }
        for (Map.Entry<String, Path> file : Map.copyOf(locations).entrySet()) {
            addOtherNames(file.getKey(), file.getValue(), pages, locations);
        }
        return new StaticFiles(folder.root(), locations);
    }

    private static void addOtherNames(String name, Path location, Pages pages, Map<String, Path> locations) {
        if (pages.index() && name.endsWith("/" + INDEX)) {
            String folder = name.substring(0, name.length() - INDEX.length());
            locations.putIfAbsent(folder, location);
            if (folder.length() > 1) {
                locations.putIfAbsent(folder.substring(0, folder.length() - 1), location);
            }
        }
        for (String extension : pages.extensions()) {
            if (name.endsWith("." + extension)) {
                locations.putIfAbsent(name.substring(0, name.length() - extension.length() - 1), location);
            }
        }
    }

    /** How many names it answers to. */
    int size() {
        return locations.size();
    }

    @Override
    public boolean has(String path) {
        return locations.containsKey(path);
    }

    @Override
    public Optional<File> file(String path) {
        Path location = locations.get(path);
        if (location == null) {
            return Optional.empty();
        }
        try {
            // A file may have become a link since it was listed.
            Path real = location.toRealPath();
            if (!real.startsWith(root)) {
                return Optional.empty();
            }
            BasicFileAttributes now = Files.readAttributes(real, BasicFileAttributes.class);
            return now.isRegularFile()
                    ? Optional.of(new File(
                            real, MediaTypes.of(location.getFileName().toString()), now.size(), version(real, now)))
                    : Optional.empty();
        } catch (NoSuchFileException gone) {
            return Optional.empty();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private String version(Path real, BasicFileAttributes now) throws IOException {
        long modified = now.lastModifiedTime().toMillis();
        Hashed known = hashes.get(real);
        if (known != null && known.equals(new Hashed(now.size(), modified, now.fileKey(), known.version()))) {
            return known.version();
        }
        String version = hash(real);
        hashes.put(real, new Hashed(now.size(), modified, now.fileKey(), version));
        return version;
    }

    private static String hash(Path file) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
            in.transferTo(java.io.OutputStream.nullOutputStream());
        }
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(digest.digest())
                .substring(0, 22);
    }
}
