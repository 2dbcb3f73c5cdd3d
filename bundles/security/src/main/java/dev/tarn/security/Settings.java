// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

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
        Cost cost,
        int threads,
        int queue,
        Duration remembered,
        Given given) {

    /**
     * What logins are given.
     *
     * @param access how long a token lasts that is given for a password
     * @param refresh how long one that was not used is good for another
     * @param browser how long a browser's login lasts
     * @param issuer another one whose tokens are taken; null for none
     */
    record Given(Duration access, Duration refresh, Duration browser, ExternalTokens.@Nullable Issuer issuer) {}

    Settings {
        if (!StoredUser.legal(administrator)) {
            throw new IllegalArgumentException(
                    "administrator.name must be 1 to 256 bytes without control characters and without + # / : $ %");
        }
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
                new Cost(config.argon2_memory(), config.argon2_passes(), config.scram_rounds()),
                config.threads(),
                config.queue(),
                Duration.ofSeconds(config.remember_seconds()),
                given(config));
    }

    private static Given given(StoredUsers.Config config) {
        between("token.minutes", config.token_minutes(), 1, 1_440);
        between("refresh.days", config.refresh_days(), 1, 366);
        between("browser.hours", config.browser_hours(), 1, 8_784);
        boolean others = !(config.issuer_name() + config.issuer_audience() + config.issuer_keys()).isEmpty();
        return new Given(
                Duration.ofMinutes(config.token_minutes()),
                Duration.ofDays(config.refresh_days()),
                Duration.ofHours(config.browser_hours()),
                others
                        ? new ExternalTokens.Issuer(
                                config.issuer_name(),
                                config.issuer_audience(),
                                config.issuer_keys(),
                                config.issuer_user(),
                                config.issuer_roles(),
                                config.issuer_skew())
                        : null);
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
