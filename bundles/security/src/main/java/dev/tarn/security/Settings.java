// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import java.time.Duration;

/**
 * The configuration, checked.
 *
 * @param anonymousAdministrators whether callers from loopback addresses without credentials are administrators
 * @param administrator the name of the administrator that is made
 * @param password his password; empty when it is made up
 * @param directory where a password that was made up is written
 * @param remembered how long a right password is known
 */
record Settings(
        boolean anonymousAdministrators,
        String administrator,
        String password,
        String directory,
        int iterations,
        int threads,
        int queue,
        Duration remembered) {

    Settings {
        if (!StoredUser.legal(administrator)) {
            throw new IllegalArgumentException(
                    "administrator.name must be 1 to 256 bytes without control characters and without + # / : $ %");
        }
        between("iterations", iterations, 10_000, 10_000_000);
        between("threads", threads, 1, 64);
        between("queue", queue, 1, 10_000);
        between("remember.seconds", remembered.toSeconds(), 0, 3_600);
    }

    static Settings of(StoredUsers.Config config) {
        boolean dev = oneOf("mode", config.mode(), "start", "dev");
        boolean administrators = oneOf("anonymous", config.anonymous(), "refuse", "administrator");
        return new Settings(
                dev || administrators,
                config.administrator_name(),
                config.administrator_password(),
                config.directory(),
                config.iterations(),
                config.threads(),
                config.queue(),
                Duration.ofSeconds(config.remember_seconds()));
    }

    private static boolean oneOf(String key, String value, String no, String yes) {
        if (!value.equals(no) && !value.equals(yes)) {
            throw new IllegalArgumentException(key + " must be " + no + " or " + yes + ", not " + value);
        }
        return value.equals(yes);
    }

    private static void between(String key, long value, long least, long most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(key + " must be between " + least + " and " + most + ", not " + value);
        }
    }

    @Override
    public String toString() {
        return "Settings[administrator=" + administrator + "]";
    }
}
