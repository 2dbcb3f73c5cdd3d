// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.application;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A record whose components are the attributes of a table. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface Table {
    /** Its name. */
    String value();

    /** The name space that it is in. */
    String database() default dev.tarn.api.data.Table.DATA;

    /** Whether properties that no component has are refused; else they are kept. */
    boolean sealed() default false;

    /** How long a row lives after its last write, such as {@code 30s}, {@code 10m}, {@code 1h}, {@code 7d}; empty for ever. */
    String expiration() default "";

    /** How long the log keeps messages and changes for replay; empty for not at all. */
    String history() default "";

    /** The component that takes a body which is no object; empty for none. */
    String payload() default "";
}
