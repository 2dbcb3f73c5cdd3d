// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

/** Why Tarn does not start: one line for the operator, and the exit code. */
final class Refusal extends RuntimeException {
    /** Wrong arguments or a wrong configuration. */
    static final int USAGE = 2;

    /** All other causes. */
    static final int FAILED = 1;

    private static final long serialVersionUID = 1L;

    private final int exitCode;

    private Refusal(int exitCode, String message) {
        super(message, null, false, false);
        this.exitCode = exitCode;
    }

    static Refusal usage(String message) {
        return new Refusal(USAGE, message);
    }

    static Refusal failed(String message) {
        return new Refusal(FAILED, message);
    }

    int exitCode() {
        return exitCode;
    }

    String line() {
        return String.valueOf(getMessage());
    }
}
