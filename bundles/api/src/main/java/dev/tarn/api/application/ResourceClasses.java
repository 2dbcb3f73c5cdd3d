// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.application;

import dev.tarn.api.data.Failure;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What classes of an application declare: records with {@link Table} are tables, {@link TableResource}s and {@link Endpoint}s
 * are logic, made with their constructor without parameters. For one thread.
 */
public final class ResourceClasses {

    private final Map<String, dev.tarn.api.data.Table> tables = new LinkedHashMap<>();
    private final List<Mount> mounts = new ArrayList<>();
    private final Map<String, dev.tarn.api.data.Table> known = new LinkedHashMap<>();
    private final List<String> problems;

    private ResourceClasses(List<dev.tarn.api.data.Table> known, List<String> problems) {
        this.problems = new ArrayList<>(problems);
        known.forEach(table -> this.known.put(table.qualifiedName(), table));
    }

    /**
     * Looks at the classes, and makes resources of those that are.
     *
     * @param known tables that are declared elsewhere, which go before what records say
     * @param problems what is wrong already
     * @throws Failure INVALID with everything that is wrong, each with file and line
     */
    public static ResourceClasses of(
            List<dev.tarn.api.data.Table> known, List<? extends Class<?>> classes, List<String> problems) {
        ResourceClasses all = new ResourceClasses(known, problems);
        all.take(classes);
        return all;
    }

    /** Tables that are not declared elsewhere. */
    public List<dev.tarn.api.data.Table> tables() {
        return List.copyOf(tables.values());
    }

    /** The resources. */
    public List<Mount> mounts() {
        return List.copyOf(mounts);
    }

    private void take(List<? extends Class<?>> classes) {
        for (Class<?> type : classes) {
            if (type.isRecord() && type.isAnnotationPresent(Table.class)) {
                attempt(type, () -> declare(RecordTable.of(type)));
            }
        }
        for (Class<?> type : classes) {
            boolean resource = TableResource.class.isAssignableFrom(type) || Endpoint.class.isAssignableFrom(type);
            if (resource && !Modifier.isAbstract(type.getModifiers())) {
                attempt(type, () -> mount(type));
            }
        }
        if (!problems.isEmpty()) {
            throw new Failure(Failure.Code.INVALID, String.join("; ", problems), problems);
        }
        if (tables.isEmpty() && mounts.isEmpty()) {
            String nothing = "no class extends TableResource or Endpoint, and no record has @Table";
            throw new Failure(Failure.Code.INVALID, nothing, List.of(nothing));
        }
    }

    private void declare(dev.tarn.api.data.Table table) {
        if (known.putIfAbsent(table.qualifiedName(), table) == null) {
            tables.put(table.qualifiedName(), table);
        }
    }

    private void attempt(Class<?> type, Runnable work) {
        try {
            work.run();
        } catch (IllegalArgumentException | IllegalStateException | LinkageError wrong) {
            problems.add(file(type, wrong) + ": " + said(wrong));
        }
    }

    /** The file and, where something was thrown in it, the line of the application's own code. */
    private static String file(Class<?> type, Throwable thrown) {
        Throwable cause = thrown.getCause() == null ? thrown : thrown.getCause();
        for (StackTraceElement frame : cause.getStackTrace()) {
            if (frame.getClassName().equals(type.getName()) && frame.getFileName() != null) {
                return frame.getFileName() + ":" + frame.getLineNumber();
            }
        }
        String name = type.getName();
        int nested = name.indexOf('$');
        return (nested < 0 ? name : name.substring(0, nested)).replace('.', '/') + ".java";
    }

    private static String said(Throwable thrown) {
        Throwable cause = thrown.getCause() == null ? thrown : thrown.getCause();
        String message = cause.getMessage();
        return cause instanceof IllegalArgumentException && message != null ? message : cause.toString();
    }

    private void mount(Class<?> type) {
        Logic logic = (Logic) made(type);
        if (logic instanceof TableResource<?> resource) {
            dev.tarn.api.data.Table table = table(type, resource);
            Export export = type.getAnnotation(Export.class);
            String name = table.export();
            if (name == null) {
                if (export == null) {
                    throw new IllegalArgumentException(
                            "table " + table.name() + " has no @Export, so nobody reaches it");
                }
                name = export.value().isEmpty() ? table.name() : export.value().equals("/") ? "" : export.value();
            }
            mounts.add(new Mount(name, table.qualifiedName(), logic));
        } else {
            At at = type.getAnnotation(At.class);
            if (at == null) {
                throw new IllegalArgumentException(type.getSimpleName() + " needs @At with its path");
            }
            mounts.add(new Mount(at.value(), null, logic));
        }
    }

    private dev.tarn.api.data.Table table(Class<?> type, TableResource<?> resource) {
        String name;
        if (resource.rowType().isRecord()) {
            name = RecordTable.of(resource.rowType()).qualifiedName();
        } else {
            Export export = type.getAnnotation(Export.class);
            if (export == null || export.value().isEmpty()) {
                throw new IllegalArgumentException(
                        type.getSimpleName() + " of free rows needs @Export with the name of its table");
            }
            name = dev.tarn.api.data.Table.DATA + "." + export.value();
        }
        dev.tarn.api.data.Table table = known.get(name);
        if (table == null) {
            throw new IllegalArgumentException("there is no table " + name + " for " + type.getSimpleName());
        }
        return table;
    }

    private static Object made(Class<?> type) {
        try {
            Constructor<?> constructor = type.getDeclaredConstructor();
            constructor.setAccessible(true);
            return constructor.newInstance();
        } catch (InvocationTargetException thrown) {
            throw new IllegalStateException(thrown.getCause());
        } catch (NoSuchMethodException none) {
            throw new IllegalArgumentException(type.getSimpleName() + " needs a constructor without parameters", null);
        } catch (ReflectiveOperationException impossible) {
            throw new IllegalArgumentException(type.getSimpleName() + " cannot be made: " + impossible, null);
        }
    }
}
