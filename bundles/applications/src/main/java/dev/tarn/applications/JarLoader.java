// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import dev.tarn.api.application.Logic;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.zip.ZipException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Classes of an application: its own jars, copied so that they may be overwritten while it runs, over the Java platform and
 * the interfaces that the server has for applications, and its log; nothing else of the server.
 */
final class JarLoader extends URLClassLoader {

    private static final Logger LOG = LoggerFactory.getLogger(JarLoader.class);

    static {
        registerAsParallelCapable();
    }

    /** Loaders that are not closed, or whose classes are still there. */
    private static final Set<JarLoader> ALIVE =
            Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

    private final Path folder;
    private final List<Path> jars;

    /** How many of all loaders there ever were are still in memory. */
    static int alive() {
        return ALIVE.size();
    }

    private JarLoader(Path folder, List<Path> jars, URL[] urls) {
        super(urls, new Server());
        this.folder = folder;
        this.jars = jars;
        ALIVE.add(this);
    }

    /** Lets through what applications may see. */
    private static final class Server extends ClassLoader {

        Server() {
            super(ClassLoader.getPlatformClassLoader());
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            if (name.startsWith("dev.tarn.api.")) {
                return Logic.class.getClassLoader().loadClass(name);
            } else if (name.startsWith("org.slf4j.")) {
                return LoggerFactory.class.getClassLoader().loadClass(name);
            }
            throw new ClassNotFoundException(name);
        }
    }

    /** Copies the jars to a folder of their own, which is deleted at the end. */
    static JarLoader copying(Path root, List<String> files) throws IOException {
        Path folder = Files.createTempDirectory("tarn-application-");
        List<Path> jars = new ArrayList<>();
        List<URL> urls = new ArrayList<>();
        for (String file : files) {
            Path copy = folder.resolve(urls.size() + "-" + file.replace('/', '-'));
            Files.copy(root.resolve(file), copy);
            urls.add(url(copy));
            if (file.indexOf('/') < 0) {
                jars.add(copy);
            }
        }
        return new JarLoader(folder, List.copyOf(jars), urls.toArray(new URL[0]));
    }

    private static URL url(Path file) throws MalformedURLException {
        return file.toUri().toURL();
    }

    /** The names of all classes in the application's own jars; those in {@code lib} left out. */
    List<String> names() throws IOException {
        List<String> names = new ArrayList<>();
        for (Path jar : jars) {
            try (JarFile file = new JarFile(jar.toFile())) {
                file.stream()
                        .map(JarEntry::getName)
                        .filter(name -> name.endsWith(".class")
                                && !name.startsWith("META-INF/")
                                && !name.endsWith("module-info.class")
                                && !name.endsWith("package-info.class"))
                        .map(name -> name.substring(0, name.length() - 6).replace('/', '.'))
                        .forEach(names::add);
            } catch (ZipException broken) {
                String file = jar.getFileName().toString().replaceFirst("^[0-9]+-", "");
                throw new IOException(file + " is no jar that can be read: " + broken.getMessage(), broken);
            }
        }
        return names;
    }

    /**
     * What the file of a class says.
     *
     * @throws IOException when it is no class, or not in the application's jars
     */
    ClassFile file(String name) throws IOException {
        URL file = findResource(name.replace('.', '/') + ".class");
        if (file == null) {
            throw new IOException("no file of class " + name);
        }
        try (InputStream in = file.openStream()) {
            return ClassFile.of(new BufferedInputStream(in));
        }
    }

    /** Closes the jars and deletes the copies. */
    @Override
    public void close() throws IOException {
        super.close();
        try (var files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
        }
        Files.deleteIfExists(folder);
        LOG.debug("classes let go: folder={}", folder);
    }
}
