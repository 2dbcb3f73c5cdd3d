// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.application;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The table is reached from outside. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface Export {
    /** The first segment of its paths, {@code /} for the root; empty for the name of the table. */
    String value() default "";
}
