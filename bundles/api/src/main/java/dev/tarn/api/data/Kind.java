// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.data;

/** What happened to a path. The order is part of the log format: new kinds are added at the end. */
public enum Kind {
    /** The row was created or replaced. */
    PUT,
    /** The row was changed in part; the change carries the whole row as it is afterwards. */
    PATCH,
    /** The row was removed. */
    DELETE,
    /** Something was said at the path; no row changed. */
    MESSAGE,
    /** The row's time was over. */
    EXPIRE
}
