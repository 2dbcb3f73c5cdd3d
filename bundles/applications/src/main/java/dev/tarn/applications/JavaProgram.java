// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import dev.tarn.api.application.Mount;
import dev.tarn.api.application.Program;
import dev.tarn.api.application.ResourceClasses;
import dev.tarn.api.application.Sources;
import dev.tarn.api.application.Transactions;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Table;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** The classes of an application: records that are tables, resources, and what they do by themselves. */
final class JavaProgram implements Program {

    private final ResourceClasses classes;
    private final Timetable timetable;
    private final JarLoader loader;

    private JavaProgram(ResourceClasses classes, Timetable timetable, JarLoader loader) {
        this.classes = classes;
        this.timetable = timetable;
        this.loader = loader;
    }

    /**
     * The program that is in these jars.
     *
     * @throws Failure INVALID with everything that is wrong with it
     */
    static JavaProgram of(Sources sources, JarLoader loader, Transactions transactions) throws IOException {
        List<String> problems = new ArrayList<>();
        List<Class<?>> classes = new ArrayList<>();
        for (String name : loader.names()) {
            try {
                classes.add(Class.forName(name, false, loader));
            } catch (ClassNotFoundException | LinkageError wrong) {
                problems.add(name.replace('.', '/') + ".class: " + wrong);
            }
        }
        ResourceClasses found = ResourceClasses.of(sources.tables(), classes, problems);
        Timetable timetable = new Timetable(sources.application(), transactions);
        try {
            found.mounts().forEach(mount -> timetable.add(mount.logic()));
        } catch (IllegalArgumentException wrong) {
            String reason = String.valueOf(wrong.getMessage());
            throw new Failure(Failure.Code.INVALID, reason, List.of(reason));
        }
        return new JavaProgram(found, timetable, loader);
    }

    @Override
    public List<Table> tables() {
        return classes.tables();
    }

    @Override
    public List<Mount> mounts() {
        return classes.mounts();
    }

    @Override
    public void started() {
        timetable.start();
    }

    @Override
    public void stopping() {
        timetable.stop();
    }

    @Override
    public void close() {
        timetable.stop();
        try {
            loader.close();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
