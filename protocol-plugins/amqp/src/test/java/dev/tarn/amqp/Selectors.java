// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import org.apache.qpid.protonj2.types.UnknownDescribedType;
import org.apache.qpid.protonj2.types.UnsignedLong;

/** Selectors as clients attach them. */
final class Selectors {
    private Selectors() {}

    static Object described(String selector) {
        return new UnknownDescribedType(UnsignedLong.valueOf(0x468C00000004L), selector);
    }
}
