// SPDX-License-Identifier: Apache-2.0
package dev.tarn.osgi;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Hashtable;
import java.util.Map;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.service.cm.ConfigurationAdmin;

/** Tells components what the launcher tells them in the image, before they start. */
public final class Settings implements BundleActivator {

    @Override
    public void start(BundleContext context) throws IOException {
        Path directory = Files.createTempDirectory(Files.createDirectories(Path.of("target/data")), "run");
        ConfigurationAdmin configurations = context.getService(context.getServiceReference(ConfigurationAdmin.class));
        configurations
                .getConfiguration("dev.tarn.store", "?")
                .update(new Hashtable<>(
                        Map.of("directory", directory.resolve("store").toString())));
        configurations
                .getConfiguration("dev.tarn.security", "?")
                .update(new Hashtable<>(Map.of("directory", directory.toString(), "mode", "dev")));
    }

    @Override
    public void stop(BundleContext context) {
        // Nothing is held.
    }
}
