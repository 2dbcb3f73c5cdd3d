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
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The classes of an application: records that are tables, resources, and what they do by themselves. */
final class JavaProgram implements Program {

    private static final Logger LOG = LoggerFactory.getLogger(JavaProgram.class);

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
        Packed packed = Packed.in(loader);
        for (String name : packed.names()) {
            packed.load(name).ifPresent(classes::add);
        }
        problems.addAll(packed.problems());
        packed.warn(sources.application());
        if (!problems.isEmpty()) {
            // Nothing of it is run.
            throw refused(problems);
        }
        ResourceClasses found = ResourceClasses.of(sources.tables(), classes, problems);
        Timetable timetable = new Timetable(sources.application(), transactions);
        for (Mount mount : found.mounts()) {
            timetable.add(mount.logic(), (method, wrong) -> problems.add(place(loader, method) + ": " + wrong));
        }
        if (!problems.isEmpty()) {
            throw refused(problems);
        }
        return new JavaProgram(found, timetable, loader);
    }

    private static Failure refused(List<String> problems) {
        return new Failure(Failure.Code.INVALID, String.join("; ", problems), problems);
    }

    /** The source of a method, with its first line where that is known. */
    private static String place(JarLoader loader, Method method) {
        String name = method.getDeclaringClass().getName();
        try {
            String descriptor = MethodType.methodType(method.getReturnType(), method.getParameterTypes())
                    .descriptorString();
            return loader.file(name).place(method.getName(), descriptor);
        } catch (IOException unreadable) {
            LOG.debug("class={} has no lines", name, unreadable);
            return name;
        }
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
