// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import java.util.List;
import java.util.Map;

/** How a property is compared. */
enum Operator {
    EQUAL("=="),
    DIFFERENT("!="),
    BELOW("=lt="),
    AT_MOST("=le="),
    ABOVE("=gt="),
    AT_LEAST("=ge="),
    CONTAINS("=ct="),
    STARTS("=sw="),
    ENDS("=ew="),
    IN("=in=");

    /** By the letters between the equals signs. */
    static final Map<String, Operator> BY_LETTERS = Map.of(
            "eq", EQUAL,
            "ne", DIFFERENT,
            "lt", BELOW,
            "le", AT_MOST,
            "gt", ABOVE,
            "ge", AT_LEAST,
            "ct", CONTAINS,
            "sw", STARTS,
            "ew", ENDS,
            "in", IN);

    /** What error messages offer. */
    static final String ALL = "= == === != !== =lt= =le= =gt= =ge= =ne= =ct= =sw= =ew= =in=";

    private final String sign;

    Operator(String sign) {
        this.sign = sign;
    }

    /** As it is written. */
    String sign() {
        return sign;
    }

    /** Whether it bounds a property from one side. */
    boolean range() {
        return this == BELOW || this == AT_MOST || this == ABOVE || this == AT_LEAST;
    }

    /** Whether a value passes; both are of one sort, see {@link Values}. Not for DIFFERENT, which is no EQUAL. */
    boolean passes(Object value, List<Object> wanted) {
        return switch (this) {
            case EQUAL -> same(value, wanted.get(0));
            case DIFFERENT -> !same(value, wanted.get(0));
            case IN -> wanted.stream().anyMatch(each -> same(value, each));
            case BELOW -> comparable(value, wanted.get(0)) && Values.compare(value, wanted.get(0)) < 0;
            case AT_MOST -> comparable(value, wanted.get(0)) && Values.compare(value, wanted.get(0)) <= 0;
            case ABOVE -> comparable(value, wanted.get(0)) && Values.compare(value, wanted.get(0)) > 0;
            case AT_LEAST -> comparable(value, wanted.get(0)) && Values.compare(value, wanted.get(0)) >= 0;
            case CONTAINS -> value instanceof String text && text.contains((String) wanted.get(0));
            case STARTS -> value instanceof String text && text.startsWith((String) wanted.get(0));
            case ENDS -> value instanceof String text && text.endsWith((String) wanted.get(0));
        };
    }

    private static boolean same(Object value, Object wanted) {
        return comparable(value, wanted) && Values.compare(value, wanted) == 0;
    }

    private static boolean comparable(Object value, Object wanted) {
        return Values.ordered(value) && Values.sort(value) == Values.sort(wanted);
    }
}
