// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.data;

/** One user property: a name and a value that a sender attached; names may repeat and order matters. */
public record Property(String name, String value) {}
