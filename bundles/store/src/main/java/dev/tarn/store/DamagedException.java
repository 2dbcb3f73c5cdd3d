// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

/** Bytes on disk are not what was written: a checksum differs, or a structure does not fit. */
final class DamagedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    DamagedException(String message) {
        super(message);
    }
}
