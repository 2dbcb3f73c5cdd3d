// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.resource;

/** Whether a row of a table that is filled from a source may be one that is kept. For other tables all are the same. */
public enum Recall {
    /** A row that is kept while it is good; else the source is asked. */
    USUAL,
    /** Only what is kept and good; the source is not asked. */
    KEPT,
    /** Only what the source says from now on. */
    ANEW
}
