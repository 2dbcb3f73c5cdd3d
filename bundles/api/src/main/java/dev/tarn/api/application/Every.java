// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.application;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Runs a method of a resource again and again, as one transaction each time: a method without parameters, or with a
 * {@link Transaction}. Not before the last run has ended.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Every {
    /** How often, such as {@code 500ms}, {@code 10s}, {@code 5m}, {@code 1h}; or empty where {@link #cron} says when. */
    String value() default "";

    /** Minute, hour, day of month, month, day of week, as crontab(5) has them, in the time zone of the server. */
    String cron() default "";
}
