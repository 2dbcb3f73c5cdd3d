// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import org.jspecify.annotations.Nullable;

/** Says in one line why something failed. */
final class Cause {

    private Cause() {}

    /** The innermost cause that says something. */
    static String line(Throwable failure) {
        Throwable innermost = failure;
        for (Throwable next = failure; next != null; next = next.getCause()) {
            if (next.getMessage() != null) {
                innermost = next;
            }
        }
        String message = innermost.getMessage();
        if (innermost instanceof NoSuchFileException) {
            return message + " is not there";
        } else if (innermost instanceof AccessDeniedException) {
            return message + " is not allowed to be used by this user";
        } else if (innermost instanceof FileAlreadyExistsException) {
            return message + " is a file, not a folder";
        }
        return Printable.text(message == null ? innermost.getClass().getSimpleName() : message);
    }

    /** The innermost cause in a printed stack trace; null when there is none. */
    static @Nullable String line(String stackTrace) {
        String found = null;
        for (String line : stackTrace.split("\n")) {
            boolean cause = line.startsWith("Caused by: ");
            if (cause || found == null) {
                String text = cause ? line.substring("Caused by: ".length()) : line;
                int colon = text.indexOf(": ");
                boolean named = colon > 0 && text.lastIndexOf(' ', colon) < 0;
                if (named || found == null) {
                    found = named ? text.substring(colon + 2) : text;
                }
            }
        }
        return found == null || found.isBlank() ? null : Printable.text(found.trim());
    }
}
