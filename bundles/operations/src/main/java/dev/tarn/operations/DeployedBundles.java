// SPDX-License-Identifier: Apache-2.0
package dev.tarn.operations;

import dev.tarn.api.data.Failure;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.jar.JarInputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;

/**
 * The bundles that come from watched folders. A file is the truth about its bundle: it is written, replaced or renamed
 * here, and whoever watches the folder does the rest. Blocks until that is done; for one thread.
 */
final class DeployedBundles {
    /** Location of what is deployed from a file; what comes after is its path. */
    private static final String DEPLOYED = "deploy:";

    /** What is removed keeps its file under this name, so that it can be brought back. */
    private static final String REMOVED = ".removed";

    private static final long PATIENCE_SECONDS = 60;
    private static final long LOOK_AGAIN_MILLIS = 20;

    private final BundleContext context;
    private final List<Path> folders;
    private final Supplier<Optional<Map<String, Deployment>>> deployments;

    /**
     * Sees all bundles of the framework.
     *
     * @param context the framework's own
     * @param folders watched; new files go into the first
     * @param deployments what the one who watches has made of the files
     */
    DeployedBundles(
            BundleContext context, List<Path> folders, Supplier<Optional<Map<String, Deployment>>> deployments) {
        this.context = context;
        this.folders = List.copyOf(folders);
        this.deployments = deployments;
    }

    /** Every bundle, then the removed ones that can be brought back. */
    List<Map<String, Object>> list() {
        List<Map<String, Object>> bundles = new ArrayList<>();
        for (Bundle bundle : context.getBundles()) {
            bundles.add(describe(bundle));
        }
        for (Path folder : folders) {
            bundles.addAll(removed(folder));
        }
        return bundles;
    }

    /** What was removed from a folder. */
    private static List<Map<String, Object>> removed(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> name.endsWith(".jar" + REMOVED))
                    .sorted()
                    .<Map<String, Object>>map(name ->
                            Map.of("state", "removed", "file", name.substring(0, name.length() - REMOVED.length())))
                    .toList();
        } catch (IOException unreadable) {
            throw new Failure(Failure.Code.UNAVAILABLE, folder + " cannot be read: " + unreadable.getMessage());
        }
    }

    private static Map<String, Object> describe(Bundle bundle) {
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("id", bundle.getBundleId());
        told.put("name", String.valueOf(bundle.getSymbolicName()));
        told.put("version", String.valueOf(bundle.getVersion()));
        told.put("state", state(bundle));
        file(bundle).ifPresent(file -> told.put("file", file.toString()));
        return told;
    }

    private static String state(Bundle bundle) {
        if (bundle.getHeaders("").get(Constants.FRAGMENT_HOST) != null) {
            return "fragment";
        }
        return switch (bundle.getState()) {
            case Bundle.ACTIVE -> "active";
            case Bundle.STARTING -> "starting";
            case Bundle.STOPPING -> "stopping";
            case Bundle.RESOLVED -> "stopped";
            case Bundle.UNINSTALLED -> "uninstalled";
            default -> "unresolved";
        };
    }

    /** The watched file that a bundle comes from; empty for those that are part of the node. */
    private static Optional<Path> file(Bundle bundle) {
        String location = bundle.getLocation();
        return location.startsWith(DEPLOYED)
                ? Optional.of(Path.of(location.substring(DEPLOYED.length())))
                : Optional.empty();
    }

    /**
     * Brings a jar into the first folder and waits until its bundle runs. What does not run is taken away again.
     *
     * @param content the jar; empty to bring back one that was removed
     * @param update whether the bundle may be there already, and is replaced then
     */
    Map<String, Object> install(String name, Optional<byte[]> content, boolean update) {
        if (!name.matches("[A-Za-z0-9][A-Za-z0-9._+-]*\\.jar")) {
            throw new Failure(Failure.Code.MALFORMED, "'file' is the name of a jar, such as echo-1.0.jar");
        }
        Path file;
        if (content.isPresent()) {
            String symbolicName = symbolicName(content.get());
            file = deploy().resolve(name);
            Bundle present = find(symbolicName);
            if (present != null && update) {
                return update(symbolicName, content);
            } else if (present != null && !file(present).equals(Optional.of(file))) {
                throw new Failure(
                        Failure.Code.CONFLICT,
                        symbolicName + " is installed already, from "
                                + file(present).map(Path::toString).orElse("the image") + "; update that");
            }
            return replace(file, content.get());
        }
        file = removedFile(name);
        move(file.resolveSibling(name + REMOVED), file);
        return awaitTaken(file);
    }

    /** Writes the file and waits; when it does not run, what was there before is there again. */
    private Map<String, Object> replace(Path file, byte[] content) {
        Optional<byte[]> before = Files.exists(file) ? Optional.of(read(file)) : Optional.empty();
        write(file, content);
        try {
            return awaitTaken(file);
        } catch (Failure refused) {
            if (refused.code() == Failure.Code.INVALID) {
                before.ifPresentOrElse(former -> write(file, former), () -> delete(file));
            }
            throw refused;
        }
    }

    private Path removedFile(String name) {
        return folders.stream()
                .map(folder -> folder.resolve(name))
                .filter(file -> Files.isRegularFile(file.resolveSibling(name + REMOVED)))
                .findFirst()
                .orElseThrow(() -> new Failure(
                        Failure.Code.NOT_FOUND,
                        "no " + name + " was removed; to install a new one send the jar as 'content'"));
    }

    /** Replaces a bundle's jar and waits until the new one runs. */
    Map<String, Object> update(String name, Optional<byte[]> content) {
        Bundle bundle = deployed(name);
        byte[] jar = content.orElseThrow(
                () -> new Failure(Failure.Code.MALFORMED, "the property 'content' is missing, the jar"));
        String symbolicName = symbolicName(jar);
        if (!symbolicName.equals(bundle.getSymbolicName())) {
            throw new Failure(
                    Failure.Code.INVALID, "the jar is " + symbolicName + " and not " + bundle.getSymbolicName());
        }
        return replace(file(bundle).orElseThrow(), jar);
    }

    /** Removes a bundle; its file is kept under another name. */
    Map<String, Object> uninstall(String name) {
        Bundle bundle = deployed(name);
        Path file = file(bundle).orElseThrow();
        move(file, file.resolveSibling(file.getFileName() + REMOVED));
        if (!await(() -> bundle.getState() == Bundle.UNINSTALLED)) {
            throw new Failure(Failure.Code.UNAVAILABLE, "the bundle is still there; see the log");
        }
        return Map.of("name", bundle.getSymbolicName(), "state", "removed", "file", String.valueOf(file.getFileName()));
    }

    /** Starts a bundle that was stopped. */
    Map<String, Object> start(String name) {
        Bundle bundle = deployed(name);
        try {
            bundle.start(Bundle.START_ACTIVATION_POLICY);
        } catch (BundleException failure) {
            throw new Failure(
                    Failure.Code.INVALID, bundle.getSymbolicName() + " does not start: " + failure.getMessage());
        }
        return describe(bundle);
    }

    /** Stops a bundle until it is started again or the node is. */
    Map<String, Object> stop(String name) {
        Bundle bundle = deployed(name);
        try {
            bundle.stop();
        } catch (BundleException failure) {
            throw new Failure(
                    Failure.Code.UNAVAILABLE, bundle.getSymbolicName() + " does not stop: " + failure.getMessage());
        }
        return describe(bundle);
    }

    private Path deploy() {
        if (folders.isEmpty()) {
            throw new Failure(Failure.Code.UNSUPPORTED, "this node has no folder for bundles");
        }
        return folders.get(0);
    }

    private Bundle deployed(String name) {
        Bundle bundle = find(name);
        if (bundle == null) {
            throw new Failure(Failure.Code.NOT_FOUND, "there is no bundle " + name);
        } else if (file(bundle).isEmpty()) {
            throw new Failure(Failure.Code.FORBIDDEN, name + " is part of the node, which would stop without it");
        }
        return bundle;
    }

    private @Nullable Bundle find(String name) {
        return Arrays.stream(context.getBundles())
                .filter(bundle -> name.equals(bundle.getSymbolicName())
                        || name.equals(String.valueOf(bundle.getBundleId()))
                        || ("dev.tarn." + name).equals(bundle.getSymbolicName()))
                .findFirst()
                .orElse(null);
    }

    private @Nullable Bundle at(Path file) {
        return context.getBundle(DEPLOYED + file);
    }

    private static String symbolicName(byte[] jar) {
        try (JarInputStream in = new JarInputStream(new ByteArrayInputStream(jar))) {
            Manifest manifest = in.getManifest();
            String name =
                    manifest == null ? null : manifest.getMainAttributes().getValue(Constants.BUNDLE_SYMBOLICNAME);
            if (name != null) {
                int directive = name.indexOf(';');
                return (directive < 0 ? name : name.substring(0, directive)).strip();
            }
        } catch (IOException unreadable) {
            throw new Failure(Failure.Code.MALFORMED, "the content is not a jar: " + unreadable.getMessage());
        }
        throw new Failure(Failure.Code.INVALID, "the jar has no Bundle-SymbolicName and so is not a bundle");
    }

    /** In one step, so that whoever watches sees the whole file or none. */
    private static void write(Path file, byte[] content) {
        Path temporary = file.resolveSibling("." + file.getFileName() + ".part");
        try {
            Files.createDirectories(file.getParent());
            Files.write(temporary, content);
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException failure) {
            throw new Failure(Failure.Code.UNAVAILABLE, file + " cannot be written: " + failure.getMessage());
        }
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException failure) {
            throw new Failure(Failure.Code.UNAVAILABLE, file + " cannot be read: " + failure.getMessage());
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException failure) {
            throw new Failure(Failure.Code.UNAVAILABLE, file + " cannot be deleted: " + failure.getMessage());
        }
    }

    private static void move(Path from, Path to) {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException failure) {
            throw new Failure(Failure.Code.UNAVAILABLE, from + " cannot be moved: " + failure.getMessage());
        }
    }

    /** Waits until what the file is now was tried. Fails with INVALID and the reason when it does not run. */
    private Map<String, Object> awaitTaken(Path file) {
        String mark;
        try {
            mark = Deployment.mark(file);
        } catch (IOException gone) {
            throw new Failure(Failure.Code.UNAVAILABLE, file + " cannot be read: " + gone.getMessage());
        }
        await(() -> mark.equals(told(file).content()));
        Deployment told = told(file);
        Bundle bundle = at(file);
        if (!mark.equals(told.content())) {
            throw new Failure(Failure.Code.UNAVAILABLE, file + " is not taken up; see the log");
        } else if (!told.problem().isEmpty() || bundle == null) {
            throw new Failure(Failure.Code.INVALID, told.problem());
        }
        return describe(bundle);
    }

    private Deployment told(Path file) {
        return deployments
                .get()
                .orElseThrow(() -> new Failure(Failure.Code.UNAVAILABLE, "nobody deploys bundles here"))
                .getOrDefault(file.toString(), new Deployment("", "", ""));
    }

    private static boolean await(BooleanSupplier done) {
        CountDownLatch never = new CountDownLatch(1);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        try {
            while (!done.getAsBoolean()) {
                if (System.nanoTime() > end || never.await(LOOK_AGAIN_MILLIS, TimeUnit.MILLISECONDS)) {
                    return false;
                }
            }
            return true;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
